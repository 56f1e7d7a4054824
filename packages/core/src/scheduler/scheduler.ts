/** Who does what: how large a block a volunteer gets when it asks for work. Which one is the round's business. */

import type { LeasePolicy } from '../job.ts';

export interface Scheduler {
  /** The largest level of block to give, 0 for a single unit. */
  levelFor(ask: LeaseAsk): number;
  /** Milliseconds from now in which a lease of so many units should be answered. */
  deadlineFor(ask: LeaseAsk, units: number): number;
}

/** What is known when a volunteer asks. */
export interface LeaseAsk {
  /** Units a millisecond of this volunteer; undefined before its first answer. */
  readonly speed: number | undefined;
  /** Units a millisecond of all volunteers whose speed is known. */
  readonly fleetSpeed: number;
  /** Volunteers in the job, this one included. */
  readonly volunteers: number;
  /** Units of the round that nobody has. */
  readonly unitsFree: number;
}

/**
 * Guided self-scheduling (Polychronopoulos and Kuck, 1987), weighted by speed: a volunteer gets at most half of its
 * fair share of what is left, so blocks are large when a round opens and small when it closes, and fast and slow
 * finish together without anybody predicting well. No lease aims much beyond `targetMs`, so that little is lost with it.
 */
export function createGuidedScheduler(policy: LeasePolicy): Scheduler {
  return {
    levelFor({ speed, fleetSpeed, volunteers, unitsFree }) {
      if (speed === undefined) return 0;
      const aim = levelNearest(speed * policy.targetMs);
      if (volunteers === 1) return aim;
      const share = speed / Math.max(fleetSpeed, speed);
      return Math.min(aim, levelWithin((unitsFree * share) / 2));
    },
    deadlineFor({ speed }, units) {
      const longestMs = units * policy.deadlineFirstMs;
      if (speed === undefined) return longestMs;
      return Math.min(longestMs, Math.max(policy.deadlineMinMs, (DEADLINE_FACTOR * units) / speed));
    },
  };
}

/** A lease may take this many times what its volunteer's speed predicts: tabs share their machines with other things. */
const DEADLINE_FACTOR = 3;

/** The block whose size is nearest to so many units, as a ratio. */
function levelNearest(units: number): number {
  return units < 1 ? 0 : Math.round(Math.log2(units));
}

/** The largest block of no more than so many units. */
function levelWithin(units: number): number {
  return units < 1 ? 0 : Math.floor(Math.log2(units));
}
