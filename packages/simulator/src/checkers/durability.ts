import { type Checkpoint, formatVersion, sameVersion } from '@manyhands/core';
import { type Checker, demand, sameBytes } from './checker.ts';

/**
 * [WD1] What was called durable is there after a crash: a server starts from a checkpoint that was saved, with all that was
 * in it, and from none older than the newest that was acknowledged and that the medium has kept. [WD2] A job is called finished
 * only when that is durable, [WD3] and still is finished when the power goes the moment after.
 */
export function checkDurability(): Checker {
  /** In the order in which they were saved; the first ones are forgotten. */
  let saved: Saved[] = [];

  function save(checkpoint: Checkpoint, acknowledged: boolean): void {
    saved = [...saved, { checkpoint, acknowledged, rotted: false }].slice(-REMEMBERED);
  }

  /** The place of what came back among what was saved. */
  function placeOf(found: Checkpoint): number {
    const place = saved.findLastIndex(({ checkpoint }) => holdsTheSame(checkpoint, found));
    demand(place >= 0, 'WD1', () => `step ${found.version.step} came back as nobody saved it`);
    const due = saved.findLastIndex(({ acknowledged, rotted }) => acknowledged && !rotted);
    demand(
      place >= due,
      'WD1',
      () => `${nameOf(saved[due])} was durable, but ${nameOf(saved[place])} came back`,
    );
    return place;
  }

  return (seen) => {
    switch (seen.type) {
      case 'started':
        if (saved.length > 0) placeOf(seen.from);
        return save(seen.from, true);
      case 'rotted':
        for (const entry of saved) {
          if (sameVersion(entry.checkpoint.version, seen.version)) entry.rotted = true;
        }
        return;
      case 'reopened':
        demand(seen.found !== undefined, 'WD3', () => 'the disk holds no checkpoint');
        demand(
          saved[placeOf(seen.found)]?.checkpoint.progress.status === 'finished',
          'WD3',
          () => 'the job was finished and is not any more',
        );
        return;
      case 'told': {
        const { event, effects } = seen;
        if (event.type === 'checkpoint-durable') {
          const done = saved.findLast(({ checkpoint }) => sameVersion(checkpoint.version, event.version));
          if (done !== undefined) done.acknowledged = true;
        }
        for (const effect of effects) {
          if (effect.type === 'save') save(effect.checkpoint, false);
          if (effect.type !== 'status' || effect.status !== 'finished') continue;
          const newest = saved.findLast(({ acknowledged }) => acknowledged);
          demand(
            newest?.checkpoint.progress.status === 'finished',
            'WD2',
            () => 'the job was called finished before that was durable',
          );
        }
        return;
      }
      default:
        return;
    }
  };
}

interface Saved {
  readonly checkpoint: Checkpoint;
  acknowledged: boolean;
  rotted: boolean;
}

/** More than a store keeps. */
const REMEMBERED = 40;

/** All but the name, which a recovery changes. Credit has rules of its own. */
function holdsTheSame(a: Checkpoint, b: Checkpoint): boolean {
  return (
    a.version.step === b.version.step &&
    a.progress.status === b.progress.status &&
    sameBytes(a.params, b.params) &&
    sameBytes(a.state, b.state) &&
    a.slots.every((slot, i) => sameBytes(slot, b.slots[i]!))
  );
}

function nameOf(saved: Saved | undefined): string {
  return saved === undefined ? 'nothing' : formatVersion(saved.checkpoint.version);
}
