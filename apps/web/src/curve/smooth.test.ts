import { expect, test } from 'vitest';
import { keepFor, smoothed } from './smooth.ts';

test('[CV1] a smoothed line keeps a constant, and does not trail behind a straight one', () => {
  expect(smoothed([2, 2, 2], 0.9)).toEqual([2, 2, 2].map((value) => expect.closeTo(value, 12)));
  const straight = Array.from({ length: 201 }, (_, i) => 200 - i);
  expect(smoothed(straight, 0.9)[100]).toBeCloseTo(100, 6);
  expect(smoothed([], 0.9)).toEqual([]);
});

test('[CV2] smoothing takes noise out, and a short run is drawn as it is', () => {
  const noisy = Array.from({ length: 101 }, (_, i) => (i % 2 === 0 ? 1 : 3));
  expect(Math.abs(smoothed(noisy, 0.9)[50]! - 2)).toBeLessThan(0.1);
  expect(keepFor(10)).toBe(0);
  expect(smoothed([3, 1, 2], keepFor(3))).toEqual([3, 1, 2]);
});
