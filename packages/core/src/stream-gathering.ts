/**
 * Units without an end, of which a version takes whichever come in first. Nobody waits: who asks gets the next units of the
 * sampler's stream, what is under way when a version is made goes on, and what never comes in is left out. One vector is
 * held, for what has come in is added up as it comes; so the bytes depend on the order, and nothing here is exact.
 */

import type { Gathering, OpenGathering } from './gathering.ts';
import type { Loops } from './loops.ts';
import type { Spare } from './reduction.ts';
import { createRunningSum } from './running-sum.ts';
import { freshness, isStale, stalenessOf } from './strategy.ts';
import type { RoundCell } from './view.ts';
import { levelWithin } from './work-unit.ts';

export function createStream(stalenessMax: number, spare: Spare, loops: Loops): OpenGathering {
  /** Units of the job that went out, or were passed over by a recovery. */
  let drawn = 0;

  return (version, units): Gathering => {
    const opensAt = version.step * units;
    drawn = Math.max(drawn, opensAt);
    const settled: RoundCell[] = [];
    const sum = createRunningSum(spare, loops);
    let unitsIn = 0;
    let samples = 0;
    let weight = 0;
    let versions = 0;

    return {
      free: units === 0 ? 0 : Number.POSITIVE_INFINITY,
      atBound: false,
      claim(most) {
        if (units === 0) return undefined;
        const level = levelWithin(Math.min(most, units));
        const run = { first: drawn - opensAt, count: 2 ** level };
        const block = { level, index: drawn };
        drawn += run.count;
        return { block, run };
      },
      copies: false,
      isStale: (began) => isStale(began, version, stalenessMax),
      add(_, { vector, samples: counted, began }) {
        const behind = stalenessOf(began, version);
        const share = freshness(behind);
        if (share !== 1) for (let i = 0; i < vector.length; i++) vector[i] = vector[i]! * share;
        if (!sum.add(vector)) return false;
        samples += counted;
        weight += share * counted;
        versions += behind * counted;
        return true;
      },
      settle({ run, volunteer }) {
        settled.push({ run: { first: unitsIn, count: run.count }, state: 'in', volunteer });
        unitsIn += run.count;
      },
      give: () => {},
      get unitsIn() {
        return unitsIn;
      },
      get complete() {
        return unitsIn >= units;
      },
      get gathered() {
        return sum.value && { sum: sum.value, samples, weight, staleness: versions / samples };
      },
      get held() {
        return sum.value === undefined ? 0 : 1;
      },
      get heldPeak() {
        return 1;
      },
      // What is under way belongs to no version yet.
      cells: () => settled.filter(({ run }) => run.first < units).map((cell) => within(cell, units)),
      close: () => sum.close(),
    };
  };
}

/** More may come in than a version needs while it is measured. */
function within({ run, ...cell }: RoundCell, units: number): RoundCell {
  return { ...cell, run: { first: run.first, count: Math.min(run.count, units - run.first) } };
}
