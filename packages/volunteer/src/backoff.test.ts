import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';

test('[BO1] half of a wait is fixed, half is drawn, and it doubles up to half a minute', () => {
  expect([0, 1, 2, 5, 50].map((attempt) => backoffMs(attempt, 0))).toEqual([
    500, 1_000, 2_000, 15_000, 15_000,
  ]);
  expect(
    [0, 1, 2, 5, 50]
      .map((attempt) => backoffMs(attempt, 0.999))
      .every((ms, i) => ms > 999 * 2 ** Math.min(i, 4)),
  ).toBe(true);
  expect(backoffMs(4, 0.5)).toBe(12_000);
});

test('[BO2] who is told when to come again waits for at least as long, and not as long as others', () => {
  expect([0, 0.5, 0.999].map((random) => backoffMs(0, random, 30_000))).toEqual([30_000, 37_500, 44_985]);
  expect(backoffMs(5, 0, 5_000)).toBe(15_000);
  expect(backoffMs(5, 0.5, 5_000)).toBe(22_500);
});
