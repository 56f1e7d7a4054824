import { expect, test } from 'vitest';
import { hopedPace, measurePace, type Pace, slowedPace } from './pace.ts';

test('[PA1] computing and the price of an answer are told apart, whatever the size of the block', () => {
  let pace: Pace | undefined;
  for (const units of [1, 4, 16, 2]) {
    pace = measurePace(pace, { units, busyMs: units * 50 + 420, computeMs: units * 50, alone: true });
    expect(pace.speed).toBeCloseTo(0.02);
    expect(pace.answerMs).toBeCloseTo(420);
  }
});

test('[PA2] an answer that travelled while another was computed says nothing about the price', () => {
  const pace = measurePace(
    { speed: 0.02, answerMs: 420 },
    { units: 8, busyMs: 400, computeMs: 400, alone: false },
  );
  expect(pace).toEqual({ speed: 0.02, answerMs: 420 });
});

test('[PA3] who does not tell its computing time is measured by the whole of it', () => {
  expect(measurePace(undefined, { units: 4, busyMs: 800, computeMs: 0, alone: true })).toEqual({
    speed: 0.005,
    answerMs: 0,
  });
});

test('[PA4] who claims to compute faster than it does pays with a higher price', () => {
  const honest = measurePace(undefined, { units: 4, busyMs: 800, computeMs: 700, alone: true });
  const liar = measurePace(undefined, { units: 4, busyMs: 800, computeMs: 1, alone: true });
  const answeredIn = ({ speed, answerMs }: Pace) => 4 / speed + answerMs;
  expect(answeredIn(liar)).toBeCloseTo(answeredIn(honest));
});

test('[PA5] a lease that expired makes slower, and a round without work gives another chance', () => {
  expect(slowedPace({ speed: 1, answerMs: 5 }, 10, 1_000)).toEqual({ speed: 0.01, answerMs: 5 });
  const hoped = hopedPace({ speed: 1, answerMs: 110 }, 5);
  expect(hoped.speed).toBeGreaterThan(1);
  expect(hoped.answerMs).toBeLessThan(110);
});

test('[PA6] nobody is hoped to be faster than the fastest who works, and nobody becomes slower by hope', () => {
  expect(hopedPace({ speed: 1, answerMs: 0 }, 1.05).speed).toBe(1.05);
  expect(hopedPace({ speed: 1, answerMs: 0 }, 0.5).speed).toBe(1);
});
