import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalize } from '../reduction.ts';
import { canonical } from './canonical.ts';

test('[OP3] canonical means here what it means in a reduction', () => {
  const bits = (x: number) => new Uint32Array(Float32Array.of(x).buffer)[0];
  const corners = fc.constantFrom(
    0,
    -0,
    2 ** -126,
    -(2 ** -126),
    2 ** -126 - 2 ** -149,
    -(2 ** -149),
    Infinity,
  );
  fc.assert(
    fc.property(fc.oneof(fc.float(), corners), (x) => {
      const vector = Float32Array.of(x);
      canonicalize(vector);
      expect(bits(canonical(x))).toBe(bits(vector[0]!));
    }),
  );
});
