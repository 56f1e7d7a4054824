import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Doubtful, horizonOf, isClearlySooner, sharesBy, unitsBy, type Worker } from './horizon.ts';

const worker: fc.Arbitrary<Worker> = fc.record({
  speed: fc.double({ min: 1e-5, max: 1, noNaN: true }),
  readyMs: fc.double({ min: 0, max: 1e5, noNaN: true }),
  earliestMs: fc.double({ min: 0, max: 1e5, noNaN: true }),
});

test('[HZ1] by the horizon those who are there finish all that is left, and somebody finishes a unit', () => {
  fc.assert(
    fc.property(
      fc.array(worker, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 5_000 }),
      (workers, units) => {
        const horizonMs = horizonOf(workers, units);
        const finished = (ms: number) => workers.reduce((sum, each) => sum + unitsBy(ms, each), 0);
        expect(finished(horizonMs)).toBeGreaterThanOrEqual(units);
        expect(workers.some((each) => unitsBy(horizonMs, each) > 0)).toBe(true);
        expect(finished(0.98 * horizonMs)).toBeLessThan(units);
      },
    ),
  );
});

test('[HZ2] where nobody can be counted on there is no horizon', () => {
  expect(horizonOf([], 5)).toBe(Number.POSITIVE_INFINITY);
});

test('[HZ3] one that would only be waited for is beyond it', () => {
  const quick = { speed: 0.01, readyMs: 400, earliestMs: 400 };
  const slow = { speed: 0.0005, readyMs: 400, earliestMs: 400 };
  const horizonMs = horizonOf([quick, slow], 10);
  expect(unitsBy(horizonMs, quick)).toBe(10);
  expect(unitsBy(horizonMs, slow)).toBe(0);
});

test('[HZ5] shares by the horizon are all that is left, no more than anybody could, and of equal workers as good as equal', () => {
  fc.assert(
    fc.property(
      fc.array(worker, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 5_000 }),
      (workers, units) => {
        const horizonMs = horizonOf(workers, units);
        const shares = sharesBy(horizonMs, workers, units);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(units);
        for (const [i, share] of shares.entries()) {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(unitsBy(horizonMs, workers[i]!));
        }
      },
    ),
  );
  const equal = Array.from({ length: 7 }, () => ({ speed: 0.01, readyMs: 20, earliestMs: 20 }));
  expect(sharesBy(horizonOf(equal, 8), equal, 8).toSorted()).toEqual([1, 1, 1, 1, 1, 1, 2]);
  expect(sharesBy(0, [], 3)).toEqual([]);
});

const doubtful: fc.Arbitrary<Doubtful> = fc.record({
  units: fc.integer({ min: 1, max: 16 }),
  remainingMs: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.double({ min: 0, max: 1e5, noNaN: true })),
});

test('[HZ6] what is under way counts as left where a copy would be clearly sooner, and somebody can copy the largest of it whole', () => {
  fc.assert(
    fc.property(
      fc.array(worker, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 0, max: 500 }),
      fc.array(doubtful, { maxLength: 10 }),
      (workers, units, blocks) => {
        const horizonMs = horizonOf(workers, units, blocks);
        const copied = blocks.filter((block) => isClearlySooner(horizonMs, block));
        const finished = workers.map((each) => unitsBy(horizonMs, each));
        const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
        const sizes = copied.map((block) => block.units);
        expect(sum(finished)).toBeGreaterThanOrEqual(units + sum(sizes));
        if (sizes.length > 0) expect(Math.max(...finished)).toBeGreaterThanOrEqual(Math.max(...sizes));
        if (blocks.length === 0 && units === 0) expect(horizonMs).toBe(0);
      },
    ),
  );
});

test('[HZ6] a block that will be in before any copy of it puts nothing off', () => {
  const workers = [{ speed: 0.01, readyMs: 400, earliestMs: 400 }];
  const soon = { units: 4, remainingMs: 700 };
  expect(horizonOf(workers, 2, [soon]) / 600).toBeCloseTo(1, 1);
  expect(horizonOf(workers, 2, [{ ...soon, remainingMs: 3_000 }]) / 1_000).toBeCloseTo(1, 1);
});

test('[HZ4] answers travel one after another: who still sends can finish nothing before', () => {
  const sending = { speed: 1, readyMs: 400, earliestMs: 900 };
  expect(unitsBy(899, sending)).toBe(0);
  expect(unitsBy(900, sending)).toBe(500);
});
