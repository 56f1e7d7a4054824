/** What a world was like, in numbers. */

import type { Observation } from './observation.ts';

export interface Tally {
  steps: number;
  events: number;
  joined: number;
  lost: number;
  returned: number;
  left: number;
  accepted: number;
  refused: number;
  backups: number;
  expired: number;
  compared: number;
  disagreed: number;
  durable: number;
  crashes: number;
  drains: number;
  rotted: number;
  heldVectorsPeak: number;
  /** Between two versions. */
  longestRoundMs: number;
  diverged: number;
  /** Times that somebody paused or stopped the job. */
  interrupted: number;
  /** Messages that came after one that was sent later. */
  overtaken: number;
  classChanges: number;
}

export class Tallying {
  readonly tally: Tally = {
    steps: 0,
    events: 0,
    joined: 0,
    lost: 0,
    returned: 0,
    left: 0,
    accepted: 0,
    refused: 0,
    backups: 0,
    expired: 0,
    compared: 0,
    disagreed: 0,
    durable: 0,
    crashes: 0,
    drains: 0,
    rotted: 0,
    heldVectorsPeak: 0,
    longestRoundMs: 0,
    diverged: 0,
    interrupted: 0,
    overtaken: 0,
    classChanges: 0,
  };

  readonly observe = (seen: Observation): void => {
    const { tally } = this;
    if (seen.type === 'crashed') tally.crashes++;
    if (seen.type === 'ended') tally.drains++;
    if (seen.type === 'rotted') tally.rotted++;
    if (seen.type !== 'told') return;
    tally.events++;
    for (const effect of seen.effects) {
      if (effect.type === 'accept') tally.accepted++;
      if (effect.type === 'status' && (effect.status === 'paused' || effect.status === 'stopped'))
        tally.interrupted++;
      if (effect.type === 'publish') {
        tally.steps++;
        tally.heldVectorsPeak = Math.max(tally.heldVectorsPeak, seen.view().heldVectorsPeak);
      }
      if (effect.type !== 'record') continue;
      const { entry } = effect;
      if (entry.kind === 'step') tally.longestRoundMs = Math.max(tally.longestRoundMs, entry.durationMs);
      if (entry.kind === 'diverged') tally.diverged++;
      if (entry.kind === 'class-changed') tally.classChanges++;
      if (entry.kind === 'joined') tally.joined++;
      if (entry.kind === 'lost') tally.lost++;
      if (entry.kind === 'returned') tally.returned++;
      if (entry.kind === 'left') tally.left++;
      if (entry.kind === 'refused') tally.refused++;
      if (entry.kind === 'backup') tally.backups++;
      if (entry.kind === 'durable') tally.durable++;
      if (entry.kind === 'lease-ended' && entry.end === 'expired') tally.expired++;
      if (entry.kind === 'compared') {
        tally.compared++;
        if (!entry.agrees) tally.disagreed++;
      }
    }
  };
}
