import { expect, test } from 'vitest';
import { createFreeBlocks } from './free-blocks.ts';

test('[FB1] takes the leftmost of the largest free blocks within the level', () => {
  const free = createFreeBlocks(8);
  expect(free.take(1)).toEqual({ level: 1, index: 0 });
  expect(free.take(5)).toEqual({ level: 2, index: 1 });
  expect(free.take(0)).toEqual({ level: 0, index: 2 });
  expect(free.units).toBe(1);
  expect(free.take(3)).toEqual({ level: 0, index: 3 });
  expect(free.take(3)).toBeUndefined();
});

test('[FB2] what is given back can be taken again, whole or in parts', () => {
  const free = createFreeBlocks(4);
  const all = free.take(2)!;
  free.give(all);
  expect(free.take(0)).toEqual({ level: 0, index: 0 });
  expect(free.take(2)).toEqual({ level: 1, index: 1 });
});

test('[FB3] leaves past the end are never given out and are no obstacle to a block that reaches over them', () => {
  const free = createFreeBlocks(5);
  expect(free.take(0)).toEqual({ level: 0, index: 0 });
  expect(free.take(2)).toEqual({ level: 2, index: 1 });
  expect(free.units).toBe(3);
});

test('[FB4] a block is taken by name only when it is wholly free', () => {
  const free = createFreeBlocks(8);
  free.take(0);
  expect(free.takeThis({ level: 1, index: 0 })).toBe(false);
  expect(free.takeThis({ level: 0, index: 1 })).toBe(true);
  expect(free.takeThis({ level: 1, index: 1 })).toBe(true);
  expect(free.takeThis({ level: 0, index: 2 })).toBe(false);
});

test('[FB5] a block given back that nobody took is a programmer’s error', () => {
  const free = createFreeBlocks(2);
  expect(() => free.give({ level: 0, index: 0 })).toThrow('not taken');
});
