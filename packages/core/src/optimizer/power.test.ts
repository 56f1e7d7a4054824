import fc from 'fast-check';
import { expect, test } from 'vitest';
import { power } from './power.ts';

test('[PW1] whole powers are exact where float64 can hold them', () => {
  expect(power(3, 13)).toBe(1_594_323);
  expect(power(2, 1023)).toBe(2 ** 1023);
  expect(power(0.5, 60)).toBe(2 ** -60);
  expect([power(0, 0), power(0, 5), power(1, 1e15), power(0.9, 0), power(0.9, 1)]).toEqual([1, 0, 1, 1, 0.9]);
});

test('[PW1] and as near as repeated multiplication elsewhere', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.5, max: 1, noNaN: true }), fc.nat(500), (base, exponent) => {
      let expected = 1;
      for (let i = 0; i < exponent; i++) expected *= base;
      expect(Math.abs(power(base, exponent) - expected)).toBeLessThanOrEqual(expected * 1e-12);
    }),
  );
});
