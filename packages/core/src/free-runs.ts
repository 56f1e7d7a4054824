/** Which units of a round nobody has yet, where any run of them may go out: the gaps between those that are taken, in order. */

import { assert } from './assert.ts';
import type { UnitRun } from './work-unit.ts';

export interface FreeRuns {
  /** Takes so many units of the widest gap, or all that it has; undefined where nothing is free. */
  take(most: number): UnitRun | undefined;
  /** Gives back a run that was taken. */
  give(run: UnitRun): void;
  /** Units that are free. */
  readonly units: number;
}

/** All of `units` units free. */
export function createFreeRuns(units: number): FreeRuns {
  let gaps: readonly UnitRun[] = units === 0 ? [] : [{ first: 0, count: units }];
  let free = units;

  return {
    take(most) {
      if (gaps.length === 0) return undefined;
      const widest = gaps.reduce((a, b) => (b.count > a.count ? b : a));
      const run = { first: widest.first, count: Math.min(most, widest.count) };
      const rest = { first: endOf(run), count: widest.count - run.count };
      gaps = gaps.flatMap((gap) => (gap !== widest ? [gap] : rest.count > 0 ? [rest] : []));
      free -= run.count;
      return run;
    },
    give(run) {
      const before = gaps.filter(({ first }) => first < run.first);
      const after = gaps.slice(before.length);
      const [left, right] = [before.at(-1), after[0]];
      const isTaken =
        (left === undefined || endOf(left) <= run.first) && endOf(run) <= (right?.first ?? units);
      assert(isTaken, 'free-runs.give', 'a run was given back that was not taken');
      const joinsLeft = left !== undefined && endOf(left) === run.first;
      const joinsRight = right !== undefined && endOf(run) === right.first;
      const first = joinsLeft ? left.first : run.first;
      const end = joinsRight ? endOf(right) : endOf(run);
      gaps = [
        ...(joinsLeft ? before.slice(0, -1) : before),
        { first, count: end - first },
        ...(joinsRight ? after.slice(1) : after),
      ];
      free += run.count;
    },
    get units() {
      return free;
    },
  };
}

function endOf({ first, count }: UnitRun): number {
  return first + count;
}
