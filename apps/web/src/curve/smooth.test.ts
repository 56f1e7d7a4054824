import { expect, test } from 'vitest';
import { keepFor, smoothed } from './smooth.ts';

test('[CV1] a smoothed line starts at the first value and keeps a constant one', () => {
  expect(smoothed([2, 2, 2], 0.9)).toEqual([2, 2, 2].map((value) => expect.closeTo(value, 12)));
  expect(smoothed([5, 1], 0.9)[0]).toBeCloseTo(5, 12);
  expect(smoothed([], 0.9)).toEqual([]);
});

test('[CV2] a short run is drawn as it is', () => {
  expect(keepFor(10)).toBe(0);
  expect(smoothed([3, 1, 2], keepFor(3))).toEqual([3, 1, 2]);
  expect(keepFor(300)).toBeCloseTo(0.9);
});
