/**
 * A batch of units, each of which must come in once. They are the leaves of the round's tree: whoever computes which, in
 * whatever order, the root has the same bytes. A block that comes back goes out again, and one that is late goes out twice.
 */

import { createFreeBlocks } from './free-blocks.ts';
import type { Claimed, Gathering } from './gathering.ts';
import type { Loops } from './loops.ts';
import { createReduction, type Spare } from './reduction.ts';
import { cellOf, type RoundCell } from './view.ts';
import { type Block, levelWithin, siblingOf, unitsOf } from './work-unit.ts';

export function openBatch(units: number, heldVectorsMax: number, spare: Spare, loops: Loops): Gathering {
  const free = createFreeBlocks(units);
  const reduction = createReduction(units, spare, loops);
  const settled: RoundCell[] = [];
  let blocksOut = 0;
  let unitsIn = 0;
  let samples = 0;
  /** A claim failed at the bound of memory, and nothing has come back since. */
  let atBound = false;

  /**
   * A lease is the credit for one more partial sum, so memory is bounded by giving out no more of them. At the bound only
   * a block that completes a pair may still go out. One always can: the sibling of the smallest sum that is held has
   * nothing in, so it is free or under way.
   */
  function take(levelMax: number): Block | undefined {
    if (atBound) return undefined;
    if (reduction.held + blocksOut < heldVectorsMax) return free.take(levelMax);
    const held = [...reduction.heldBlocks()].sort((a, b) => a.level - b.level);
    for (const block of held) {
      const sibling = siblingOf(block, units);
      if (sibling !== undefined && free.takeThis(sibling)) return sibling;
    }
    atBound = true;
    return undefined;
  }

  function cameBack(): void {
    atBound = false;
    blocksOut--;
  }

  return {
    get free() {
      return free.units;
    },
    get atBound() {
      return atBound;
    },
    claim(most): Claimed | undefined {
      const block = take(levelWithin(most));
      if (block === undefined) return undefined;
      blocksOut++;
      return { block, run: unitsOf(block, units) };
    },
    copies: true,
    isStale: () => false,
    add: ({ block }, { vector, samples: counted }) => {
      if (!reduction.add(block, vector)) return false;
      samples += counted;
      return true;
    },
    settle({ run, volunteer }) {
      cameBack();
      unitsIn += run.count;
      settled.push({ run, state: 'in', volunteer });
    },
    give({ block }) {
      cameBack();
      free.give(block);
    },
    get unitsIn() {
      return unitsIn;
    },
    get complete() {
      return unitsIn === units;
    },
    get gathered() {
      const sum = reduction.root;
      return sum && { sum, samples, weight: samples, staleness: 0 };
    },
    get held() {
      return reduction.held;
    },
    get heldPeak() {
      return reduction.heldPeak;
    },
    cells: (leases) => [...settled, ...leases.map(cellOf)],
    close: () => reduction.close(),
  };
}
