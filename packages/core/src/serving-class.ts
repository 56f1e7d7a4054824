/**
 * Which class of device computes a job that asks to be exact. Sums are the same bytes within one class only, so such a job is
 * served by one crew at a time, which is all volunteers of one class, and the others wait for their turn.
 *
 * Turns are fair by the head: every volunteer who is here brings its class the same time. A crew that has served a minute by
 * the head more than one that waits gives way with its next version, when a change costs nothing. So one phone and thirty
 * laptops serve two minutes and an hour in turn, and as many phones as laptops two minutes each.
 *
 * A slow crew may be hours from its next version. When it is two minutes ahead the open round begins again in other hands, and each
 * time this happens to a crew it may be twice as far ahead the next time. So nobody waits out of proportion to what it has had,
 * and whoever is slow has time enough for a version in the end.
 *
 * Being here is not working: a tab may rest for hours, and a liar may answer for ever. One honest volunteer must be enough, so
 * a crew that hands in nothing good for long goes behind all who wait, unless a lease that old is still in time. A crew whose
 * last member has left is followed at once. Who is lost has not left: the shell is patient with it for half a minute, and a
 * round that is nearly done is worth as much.
 */

import { asks, type Crew, type Fleet } from './fleet.ts';
import type { LeasePolicy } from './job.ts';
import type { Round } from './round.ts';

export class ServingClass {
  readonly #silenceMsMax: number;
  #chargedAtMs = 0;
  #countedAtMs = 0;

  constructor({ deadlineFirstMs }: LeasePolicy) {
    this.#silenceMsMax = REST_MS + FIRST_UNITS * deadlineFirstMs;
  }

  /** An answer counted. */
  answered(nowMs: number): void {
    this.#countedAtMs = nowMs;
  }

  /** The job was paused: it was no silence, and nobody's turn. */
  resumed(nowMs: number): void {
    this.#chargedAtMs = nowMs;
    this.#countedAtMs = nowMs;
  }

  /** The crew whose turn begins now, for the caller to let serve; undefined while the turn goes on, or nobody else waits. */
  takesOver(fleet: Fleet, round: Round, nowMs: number): Crew | undefined {
    const { serving } = fleet;
    if (serving !== undefined) serving.servedMs += (nowMs - this.#chargedAtMs) / Math.max(1, fleet.size);
    this.#chargedAtMs = nowMs;
    const waiting = this.#waiting(fleet);
    const next = leastServed(waiting);
    if (next === undefined) return undefined;
    if (serving !== undefined) {
      const silent = this.#isSilent(round, nowMs);
      if (!silent && !this.#givesWay(serving, next, round)) return undefined;
      if (silent) goBehind(serving, waiting);
    }
    this.#countedAtMs = nowMs;
    return next;
  }

  /** Whoever could serve and does not ask for it, because it rests or was lost, is not owed all that time at once. */
  #waiting(fleet: Fleet): Crew[] {
    const waiting: Crew[] = [];
    const owedFromMs = (fleet.serving?.servedMs ?? 0) - AHEAD_MS_MAX;
    for (const crew of fleet.otherCrews()) {
      if (asks(crew)) waiting.push(crew);
      else crew.servedMs = Math.max(crew.servedMs, owedFromMs);
    }
    return waiting;
  }

  #givesWay(serving: Crew, next: Crew, round: Round): boolean {
    if (serving.members === 0) return true;
    const aheadMs = serving.servedMs - next.servedMs;
    if (aheadMs < AHEAD_MS_MAX) return false;
    if (round.untouched) return true;
    if (aheadMs < 2 ** (1 + serving.roundsCut) * AHEAD_MS_MAX) return false;
    serving.roundsCut++;
    return true;
  }

  /** Nothing good came for long. All live leases are of the crew that serves. */
  #isSilent(round: Round, nowMs: number): boolean {
    const silentSinceMs = nowMs - this.#silenceMsMax;
    if (this.#countedAtMs > silentSinceMs) return false;
    for (const { grantedAtMs } of round.leases()) if (grantedAtMs <= silentSinceMs) return false;
    return true;
  }
}

/** By the head: a crew that has served so much more than one that waits gives way with its next version. */
const AHEAD_MS_MAX = 60_000;
/** The longest that a volunteer rests which works a tenth of the time. */
const REST_MS = 60_000;
/** So many times the longest that a first unit may take: it may take twice as long before its lease ends, and another is tried. */
const FIRST_UNITS = 4;

/** Of equals the one that came first. */
function leastServed(crews: readonly Crew[]): Crew | undefined {
  let least = crews[0];
  for (const crew of crews) if (crew.servedMs < least!.servedMs) least = crew;
  return least;
}

/** All who wait have a turn before this one has another. */
function goBehind(crew: Crew, others: readonly Crew[]): void {
  for (const { servedMs } of others) crew.servedMs = Math.max(crew.servedMs, servedMs + AHEAD_MS_MAX);
}
