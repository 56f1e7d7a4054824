/**
 * A batch of units whose answers travel in a lossy codec. Nothing about them is exact, so no order of the sum has to be kept: any run
 * of units may be a lease, a volunteer's whole share of the round among them, and one vector is held. As in a batch that is exact, each
 * unit must come in once, what comes back goes out again, and what is late goes out twice; and a lease is the credit to send one vector, so
 * that no more of them are out than vectors may be held.
 */

import { createFreeRuns } from './free-runs.ts';
import type { Gathering } from './gathering.ts';
import type { Loops } from './loops.ts';
import type { Spare } from './reduction.ts';
import { createRunningSum } from './running-sum.ts';
import { cellOf, type RoundCell } from './view.ts';
import { levelOf } from './work-unit.ts';

export function openShares(units: number, leasesMax: number, spare: Spare, loops: Loops): Gathering {
  const free = createFreeRuns(units);
  const sum = createRunningSum(spare, loops);
  const settled: RoundCell[] = [];
  let out = 0;
  let unitsIn = 0;
  let samples = 0;

  return {
    get free() {
      return free.units;
    },
    get atBound() {
      return out === leasesMax;
    },
    claim(most) {
      const run = out < leasesMax ? free.take(most) : undefined;
      if (run === undefined) return undefined;
      out++;
      // No subtree, but as good a name: of all that is out or in nothing else begins there.
      return { block: { level: levelOf(run.count), index: run.first }, run };
    },
    copies: true,
    isStale: () => false,
    add(_, { vector, samples: counted }) {
      if (!sum.add(vector)) return false;
      samples += counted;
      return true;
    },
    settle({ run, volunteer }) {
      out--;
      unitsIn += run.count;
      settled.push({ run, state: 'in', volunteer });
    },
    give({ run }) {
      out--;
      free.give(run);
    },
    get unitsIn() {
      return unitsIn;
    },
    get complete() {
      return unitsIn === units;
    },
    get gathered() {
      return sum.value && { sum: sum.value, samples, weight: samples, staleness: 0 };
    },
    get held() {
      return sum.value === undefined ? 0 : 1;
    },
    get heldPeak() {
      return samples === 0 ? 0 : 1;
    },
    cells: (leases) => [...settled, ...leases.map(cellOf)],
    close: () => sum.close(),
  };
}
