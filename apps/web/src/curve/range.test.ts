import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rangeOf, short, stepsOf, ticksOf } from './range.ts';

test('[UI13] beside a sketch stand round numbers, some and not many', () => {
  expect(ticksOf(8.27, 104, 2)).toEqual([50, 100]);
  expect(ticksOf(0.061, 2.31, 2)).toEqual([2]);
  expect(ticksOf(0.05, 0.42, 2)).toEqual([0.2, 0.4]);
  expect(ticksOf(0, 65, 4, 1)).toEqual([0, 20, 40, 60]);
  // There is no half of a step.
  expect(ticksOf(0, 1, 4, 1)).toEqual([0, 1]);
  fc.assert(
    fc.property(
      fc.double({ min: -1e4, max: 1e4, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e5, noNaN: true }),
      fc.integer({ min: 1, max: 6 }),
      (low, span, most) => {
        const ticks = ticksOf(low, low + span, most);
        expect(ticks.length).toBeLessThanOrEqual(most + 1);
        for (const tick of ticks) {
          expect(tick).toBeGreaterThanOrEqual(low - span * 1e-6);
          expect(tick).toBeLessThanOrEqual(low + span * (1 + 1e-6));
        }
      },
    ),
  );
});

test('[UI13] an axis spans the values and what was measured, with air, and is never empty', () => {
  expect(rangeOf(null, null, false, [])).toEqual([0, 1]);
  expect(rangeOf(0.5, 1.5, false, [])).toEqual([0.44, 1.56]);
  expect(rangeOf(0.01, 1.01, false, [{ step: 1, value: 2.01 }])[0]).toBe(0);
  expect(rangeOf(3, 3, false, [])[0]).toBeLessThan(3);
  const checks = [{ step: 5, value: 1 }];
  expect(stepsOf(0, 4, { steps: [0, 4], checks })).toEqual([0, 5]);
  expect(stepsOf(7, 7, { steps: [], checks: [] })).toEqual([7, 8]);
  expect([0, 0.00002, 0.30000000000000004, 1234.5].map(short)).toEqual(['0', '2e-5', '0.3', '1230']);
});
