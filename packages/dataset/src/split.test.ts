import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DatasetError, type SampleSet } from './dataset.ts';
import { mixed, split } from './split.ts';

/** Sample i is (i, −i) with the target i, so that every row says which it is. */
function numbered(count: number): SampleSet {
  const numbers = Array.from({ length: count }, (_, i) => i);
  return {
    count,
    inputs: Float32Array.from(numbers.flatMap((i) => [i, -i])),
    targets: Float32Array.from(numbers),
  };
}

const sizes = fc.integer({ min: 2, max: 300 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    heldOut: fc.integer({ min: 1, max: count - 1 }),
    seed: fc.integer({ min: 0, max: 0xffffffff }),
  }),
);

describe('split', () => {
  test('[SP1] every sample lands on exactly one side, with its own target', () => {
    fc.assert(
      fc.property(sizes, ({ count, heldOut, seed }) => {
        const { train, evaluation } = split(numbered(count), { heldOut, seed });
        expect(evaluation.count).toBe(heldOut);
        const targets = [...train.targets, ...evaluation.targets];
        expect(targets.toSorted((a, b) => a - b)).toEqual([...numbered(count).targets]);
        expect([...train.inputs, ...evaluation.inputs]).toEqual(targets.flatMap((i) => [i, -i]));
      }),
    );
  });

  test('[SP2] which sample goes where is a function of the seed alone', () => {
    fc.assert(
      fc.property(sizes, ({ count, heldOut, seed }) => {
        const once = split(numbered(count), { heldOut, seed });
        expect(split(numbered(count), { heldOut, seed })).toEqual(once);
      }),
    );
    const sides = [1, 2].map((seed) => split(numbered(100), { heldOut: 20, seed }).evaluation.targets);
    expect(sides[0]).not.toEqual(sides[1]);
  });

  test('[SP3] both sides are shuffled, so that no window of shards is all of one class', () => {
    const { train } = split(numbered(1_000), { heldOut: 200, seed: 1 });
    const early = train.targets.subarray(0, 400);
    expect(early.filter((i) => i >= 500).length).toBeGreaterThan(150);
    expect([...mixed(numbered(9), 1).targets].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test.each([0, 5, 6, 1.5, -1])('[SP4] %s of 5 samples cannot be held out', (heldOut) => {
    expect(() => split(numbered(5), { heldOut, seed: 1 })).toThrow(DatasetError);
  });
});
