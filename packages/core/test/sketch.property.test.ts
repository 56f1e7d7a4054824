import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../src/random.ts';
import { sketch, sketchesAgree } from '../src/sketch.ts';

/** Seeds of vectors and lies, lengths from a handful to a small layer, and scales as gradients have them. */
const worlds = fc.record({
  seed: fc.nat(),
  length: fc.integer({ min: 8, max: 5_000 }),
  scale: fc.constantFrom(1e-6, 1, 1e6),
  /** Few elements that matter, or all. */
  dense: fc.boolean(),
});

function vectorOf({ seed, length, scale, dense }: typeof worlds extends fc.Arbitrary<infer W> ? W : never) {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => {
    const x = scale * (2 * random.fraction() - 1);
    return dense || random.fraction() < 0.05 ? x : 1e-6 * x;
  });
}

function agree(a: Float32Array, b: Float32Array, seed: number): boolean {
  return sketchesAgree(sketch(a, seed), sketch(b, seed));
}

test('[CP1] noise of a thousandth, on every element or on the whole, passes', () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const vector = vectorOf(world);
      const random = createRandom(world.seed, 1);
      const rounded = vector.map((x) => x * (1 + 1e-3 * (2 * random.fraction() - 1)));
      const { norm } = sketch(vector, 0);
      const shaken = vector.map(
        (x) => x + (1e-3 * norm * (2 * random.fraction() - 1)) / Math.sqrt(vector.length),
      );
      expect(agree(vector, rounded, world.seed)).toBe(true);
      expect(agree(vector, shaken, world.seed)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('[CP2] a vector that was scaled, negated, zeroed or invented fails', () => {
  fc.assert(
    fc.property(worlds, fc.constantFrom(0, 0.5, 0.97, 1.03, 2, 100), (world, factor) => {
      const vector = vectorOf(world);
      expect(
        agree(
          vector,
          vector.map((x) => factor * x),
          world.seed,
        ),
      ).toBe(false);
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(worlds, (world) => {
      const vector = vectorOf({ ...world, dense: true });
      const invented = vectorOf({ ...world, seed: world.seed + 1, dense: true });
      expect(
        agree(
          vector,
          vector.map((x) => -x),
          world.seed,
        ),
      ).toBe(false);
      expect(agree(vector, invented, world.seed)).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test('[CP3] the same bytes agree, two vectors of zeros too', () => {
  expect(agree(new Float32Array(9), new Float32Array(9), 1)).toBe(true);
  expect(agree(new Float32Array(9), new Float32Array(9).fill(1e-20), 1)).toBe(false);
});

test('[CP4] a sketch is as long, on average, as its vector', () => {
  const vector = vectorOf({ seed: 3, length: 500, scale: 1, dense: true });
  let squares = 0;
  const seeds = 400;
  for (let seed = 1; seed <= seeds; seed++) {
    for (const sum of sketch(vector, seed * 0x9e3779b9).sums) squares += sum ** 2;
  }
  expect(Math.sqrt(squares / seeds) / sketch(vector, 0).norm).toBeCloseTo(1, 1);
});
