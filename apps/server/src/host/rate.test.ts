import { describe, expect, test } from 'vitest';
import { Rate } from './rate.ts';

describe('A rate', () => {
  test('[HO12] is unknown for the first second, then counts the last ten', () => {
    const rate = new Rate();
    expect(rate.perSecond(0)).toBeNull();
    rate.add(10, 0);
    expect(rate.perSecond(999)).toBeNull();
    expect(rate.perSecond(2_000)).toBe(5);
    for (let second = 1; second <= 30; second++) rate.add(10, second * 1_000);
    expect(rate.perSecond(30_500)).toBe(10);
  });

  test('[HO12] of what comes more rarely is that between the two newest, until three times as long nothing comes', () => {
    const rate = new Rate();
    for (const atMs of [0, 20_000, 40_000]) rate.add(100, atMs);
    expect(rate.perSecond(45_000)).toBe(5);
    expect(rate.perSecond(80_000)).toBe(2.5);
    expect([rate.moves(100_000), rate.moves(100_001)]).toEqual([true, false]);
    expect(rate.perSecond(100_001)).toBe(0);
  });

  test('[HO12] falls to nothing when nothing comes, and is then at rest', () => {
    const rate = new Rate();
    rate.add(10, 0);
    expect(rate.moves(10_000)).toBe(true);
    expect(rate.moves(10_001)).toBe(false);
    expect(rate.perSecond(20_000)).toBe(0);
  });
});
