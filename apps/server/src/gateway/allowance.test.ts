import { describe, expect, test } from 'vitest';
import { Allowance } from './allowance.ts';

describe('An allowance', () => {
  test('[GW1] ten seconds’ worth may come at once, and no more', () => {
    const allowance = new Allowance(3, 0);
    const taken = Array.from({ length: 31 }, () => allowance.take(0));
    expect(taken.filter(Boolean)).toHaveLength(30);
    expect(taken.at(-1)).toBe(false);
  });

  test('[GW1] it grows back with time, up to its measure', () => {
    const allowance = new Allowance(3, 0);
    while (allowance.take(0));
    expect([allowance.take(1_000), allowance.take(1_000), allowance.take(1_000)]).toEqual([true, true, true]);
    expect(allowance.take(1_000)).toBe(false);
    let taken = 0;
    while (allowance.take(1e9)) taken++;
    expect(taken).toBe(30);
  });
});
