/** Sums of units in memory, each of which was read. */

import { canonicalize, createTreeFold, merge } from '@manyhands/core';
import { nextTurn } from './next-turn.ts';
import type { UnitFold } from './unit-fold.ts';

/** Of contributions of so many elements; their sum is in canonical form, and the caller's own. Parts are only read. */
export function createMemoryFold(elements: number): UnitFold<ArrayLike<number>, Float32Array> {
  const fold = createTreeFold<Float32Array>(merge);
  return {
    async add(parts) {
      const leaf = new Float32Array(elements);
      let offset = 0;
      for (const part of parts) {
        leaf.set(part, offset);
        offset += part.length;
      }
      canonicalize(leaf);
      fold.add(leaf);
      // Between two units the worker hears its messages.
      await nextTurn();
    },
    take: async () => fold.take()!,
  };
}
