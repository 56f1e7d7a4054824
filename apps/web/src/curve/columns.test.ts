import { expect, test } from 'vitest';
import { columnsOf } from './columns.ts';

test('[CV3] a logarithmic axis leaves out what is not above zero, and a linear one nothing', () => {
  const measured = { steps: [1, 2, 3], values: [0, 0.5, 1] };
  expect(columnsOf(measured, false)[1]).toEqual([0, 0.5, 1]);
  const [steps, shown, average] = columnsOf(measured, true);
  expect(steps).toEqual([1, 2, 3]);
  expect(shown).toEqual([null, 0.5, 1]);
  expect(average).toHaveLength(3);
  for (const value of average!) expect(value === null || value! > 0).toBe(true);
});
