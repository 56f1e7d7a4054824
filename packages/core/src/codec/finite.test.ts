import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allFinite } from './finite.ts';

test('[CD5] a vector is finite when each of its elements is', () => {
  fc.assert(
    fc.property(fc.float32Array(), (vector) => {
      expect(allFinite(vector)).toBe(![...vector].some((x) => Number.isNaN(x) || Math.abs(x) === Infinity));
    }),
  );
});
