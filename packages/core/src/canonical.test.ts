import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalize } from './canonical.ts';

const bitsOf = (vector: Float32Array) => [...new Uint32Array(vector.buffer)];

test('[RD1] subnormals and −0 become +0, and every other number keeps its bits', () => {
  const corners = fc.constantFrom(-0, 2 ** -126, -(2 ** -126), 2 ** -126 - 2 ** -149, -(2 ** -149));
  fc.assert(
    fc.property(fc.oneof(fc.float({ noNaN: true }), corners), (x) => {
      const vector = Float32Array.of(x);
      // The exponent of zeros and subnormals is 0: the same rule, written with bits as a GPU applies it.
      const expected = bitsOf(vector).map((bits) => ((bits & 0x7f800000) === 0 ? 0 : bits));
      canonicalize(vector);
      expect(bitsOf(vector)).toEqual(expected);
    }),
  );
});
