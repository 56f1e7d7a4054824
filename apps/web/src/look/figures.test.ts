import { expect, test } from 'vitest';
import { ago, count, duration, loss, metric, percent, rate } from './figures.ts';

test('[FG1] what was not measured is a dash, and a measured zero is a zero', () => {
  for (const show of [count, rate, percent, loss]) {
    expect(show(null)).toBe('–');
    expect(show(undefined)).toBe('–');
    expect(show(0)).toMatch(/^0/);
  }
});

test('figures have as many digits as they are worth', () => {
  expect(rate(1234.5)).toBe('1,235');
  expect(count(999)).toBe('999');
  expect(count(1_234_567)).toBe('1,234,567');
  expect(count(-1_234)).toBe('-1,234');
  expect(rate(99.97)).toBe('100');
  expect(rate(12.34)).toBe('12.3');
  expect(rate(1.234)).toBe('1.23');
  expect(loss(0.00012)).toBe('1.2e-4');
  expect(metric('accuracy', 0.9517)).toEqual({ figure: '95.2', unit: '%' });
  expect(metric('meanAbsoluteError', 1.5)).toEqual({ figure: '1.500', unit: '' });
});

test('times are relative and rough', () => {
  expect(ago(10_000, 12_000)).toBe('just now');
  expect(ago(0, 75_000)).toBe('75 s ago');
  expect(duration(600)).toBe('10 min');
  expect(duration(7200)).toBe('2 h');
  expect(duration(86_400 * 3)).toBe('3 days');
});
