import { describe, expect, test } from 'vitest';
import { createRandom } from '../src/random.ts';
import { type ModelMember, runModel, type Turnover } from '../src/testing/fleet-model.ts';
import { smallJob } from '../src/testing/small-job.ts';

/** 100,000 float32 parameters at 10 Mbit/s. */
const SEND_MS = 320;
const LATENCY_MS = 50;

function jobOf(units: number, targetMs = 1_000) {
  return smallJob({
    batch: { units, unitSamples: 1 },
    samples: { train: 4_096, evaluation: 0 },
    stop: { steps: 1_000 },
    checkpoint: { everySteps: 1_000, everyMs: 1e9 },
    lease: { targetMs, deadlineMinMs: 2_000, deadlineFirstMs: 60_000, heldVectorsMax: 256 },
  });
}

/** Speeds log-normal, clipped to 1:100, as in `simulator/population`. */
function spreadFleet(medianMs: number, seed: number): ModelMember[] {
  const random = createRandom(seed);
  return Array.from({ length: 64 }, () => {
    const normal =
      Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction());
    const speed = Math.min(10, Math.max(0.1, Math.exp(normal)));
    return { unitMs: medianMs / speed, latencyMs: LATENCY_MS, sendMs: SEND_MS };
  });
}

describe('64 volunteers, 1:100, 100 ms of round trip and 320 ms to send an answer', () => {
  // A round of 1,024 units lasts about ten median units; its last answer travels for 420 ms in which nobody can work.
  test.each([
    { medianMs: 100, most: 0.7, reached: 0.57 },
    { medianMs: 250, most: 0.86, reached: 0.78 },
    { medianMs: 1_000, most: 0.96, reached: 0.91 },
  ])(
    '[SD11] with $medianMs ms a unit at least $reached of the summed speed arrives, of $most that can',
    ({ medianMs, most, reached }) => {
      for (const seed of [1, 3]) {
        const { efficiency } = runModel(jobOf(1_024), spreadFleet(medianMs, seed), { first: 4, measured: 4 });
        expect(efficiency).toBeGreaterThan(reached);
        expect(efficiency).toBeLessThan(most);
      }
    },
  );
});

test('[SD20] of a fleet of which half is replaced every minute, one in four without a word, nearly as much arrives as of one that stays', () => {
  const turnover = { everyMs: 1_875, silentEvery: 4, noticedMs: 22_500 };
  for (const seed of [1, 3]) {
    const efficiency = (change?: Turnover) =>
      runModel(jobOf(1_024), spreadFleet(1_000, seed), { first: 2, measured: 16 }, change).efficiency;
    expect(efficiency(turnover) / efficiency()).toBeGreaterThan(0.9);
  }
});

test('[SD12] one tab alone answers once a round', () => {
  const alone = [{ unitMs: 100, latencyMs: LATENCY_MS, sendMs: SEND_MS }];
  const { answers, efficiency } = runModel(jobOf(8), alone, { first: 6, measured: 4 });
  expect(answers).toBe(1);
  expect(efficiency).toBeCloseTo(800 / (800 + SEND_MS + 2 * LATENCY_MS));
});

test('[SD13] small answers on fast lines cost an even fleet next to nothing', () => {
  const fleet = Array.from({ length: 8 }, (_, place) => ({
    unitMs: 31.25 / (0.7 + (0.6 * place) / 7),
    latencyMs: 0.5,
    sendMs: 3,
  }));
  const { efficiency } = runModel(jobOf(256, 250), fleet, { first: 4, measured: 4 });
  expect(efficiency).toBeGreaterThan(0.97);
});
