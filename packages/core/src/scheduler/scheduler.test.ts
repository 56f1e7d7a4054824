import { expect, test } from 'vitest';
import { createGuidedScheduler } from './scheduler.ts';

const scheduler = createGuidedScheduler({
  targetMs: 1_000,
  deadlineMinMs: 500,
  deadlineFirstMs: 30_000,
  heldVectorsMax: 64,
});
const ask = { speed: 0.01, fleetSpeed: 0.04, volunteers: 4, unitsFree: 64 };

test('[SD1] a volunteer whose speed is not known gets one unit and the first deadline', () => {
  const stranger = { ...ask, speed: undefined };
  expect(scheduler.levelFor(stranger)).toBe(0);
  expect(scheduler.deadlineFor(stranger, 1)).toBe(30_000);
});

test('[SD2] a block is at most half of the fair share of what is left, so blocks shrink as a round closes', () => {
  const levels = [64, 32, 16, 8, 1].map((unitsFree) => scheduler.levelFor({ ...ask, unitsFree }));
  expect(levels).toEqual([3, 2, 1, 0, 0]);
});

test('[SD3] a lease aims at the target time, and who works alone gets that much', () => {
  expect(scheduler.levelFor({ ...ask, unitsFree: 4_096 })).toBe(3);
  expect(scheduler.levelFor({ ...ask, volunteers: 1, unitsFree: 8 })).toBe(3);
  expect(scheduler.levelFor({ ...ask, speed: 0.007, volunteers: 1, unitsFree: 8 })).toBe(3);
  expect(scheduler.levelFor({ ...ask, speed: 0.005, volunteers: 1, unitsFree: 8 })).toBe(2);
});

test('[SD4] deadlines follow the measured speed and are never shorter than the least', () => {
  expect(scheduler.deadlineFor(ask, 8)).toBe(2_400);
  expect(scheduler.deadlineFor({ ...ask, speed: 10 }, 8)).toBe(500);
});
