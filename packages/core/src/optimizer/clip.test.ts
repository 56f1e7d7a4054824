import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clipBy, clipByGlobalNorm, clipByValue, globalNorm } from './clip.ts';

const vectors = fc.float32Array({ noNaN: true, noDefaultInfinity: true, minLength: 1, maxLength: 50 });
const maxima = fc.double({ min: 2 ** -20, max: 2 ** 20, noNaN: true });
const context = { step: 0, params: new Float32Array() };

test('[CL1] no norm above max is left, but for the rounding of each element', () => {
  fc.assert(
    fc.property(vectors, maxima, (updates, max) => {
      clipByGlobalNorm(max).update(updates, [], context);
      expect(globalNorm(updates)).toBeLessThanOrEqual(max * (1 + 2 ** -23));
    }),
  );
});

test('[CL2] a clip by norm keeps the direction, and updates within it to the bit', () => {
  const long = Float32Array.of(3, -4);
  clipByGlobalNorm(1).update(long, [], context);
  expect([...long]).toEqual([Math.fround(0.6), Math.fround(-0.8)]);
  fc.assert(
    fc.property(vectors, (updates) => {
      const before = updates.slice();
      clipByGlobalNorm(globalNorm(updates)).update(updates, [], context);
      expect(updates).toEqual(before);
    }),
  );
});

test('[CL3] a clip by value moves what lies outside to the nearer bound and nothing else', () => {
  fc.assert(
    fc.property(vectors, maxima, (updates, max) => {
      const expected = updates.map((x) => (Math.abs(x) <= max ? x : Math.sign(x) * max));
      clipByValue(max).update(updates, [], context);
      expect(updates).toEqual(expected);
    }),
  );
});

test('[CL4] the norm of the largest and of the smallest float32 is exact', () => {
  const largest = (2 - 2 ** -23) * 2 ** 127;
  expect(globalNorm(new Float32Array(4).fill(largest))).toBe(2 * largest);
  expect(globalNorm(new Float32Array(4).fill(2 ** -149))).toBe(2 ** -148);
  expect(globalNorm(new Float32Array())).toBe(0);
});

test('[CL1] a clip spec says which', () => {
  const after = (clip: Parameters<typeof clipBy>[0]) => {
    const updates = Float32Array.of(3, 4);
    clipBy(clip).update(updates, [], context);
    return [...updates];
  };
  expect(after({ kind: 'none' })).toEqual([3, 4]);
  expect(after({ kind: 'norm', max: 2.5 })).toEqual([1.5, 2]);
  expect(after({ kind: 'value', max: 3.5 })).toEqual([3, 3.5]);
});
