import { expect, test } from 'vitest';
import { createRandom } from '../src/random.ts';
import { type ModelMember, runModel } from '../src/testing/fleet-model.ts';
import { smallJob } from '../src/testing/small-job.ts';

const JOB = smallJob({
  batch: { units: 1_024, unitSamples: 1 },
  samples: { train: 4_096, evaluation: 0 },
  stop: { steps: 1_000 },
  checkpoint: { everySteps: 1_000, everyMs: 1e9 },
  lease: { targetMs: 1_000, deadlineMinMs: 2_000, deadlineFirstMs: 60_000, heldVectorsMax: 256 },
});

for (const medianMs of [100, 250, 1_000]) {
  for (const seed of [1, 2, 3]) {
    test(`${medianMs} ${seed}`, () => {
      const outcome = runModel(JOB, fleetOf(64, medianMs, seed), { first: 4, measured: 8 });
      console.log(medianMs, seed, JSON.stringify(outcome));
      expect(outcome.efficiency).toBeGreaterThan(0);
    });
  }
}

/** 100 ms of round trip, 10 Mbit/s up, 100,000 float32 parameters: 320 ms for an answer. */
function fleetOf(volunteers: number, medianMs: number, seed: number): ModelMember[] {
  const random = createRandom(seed);
  return Array.from({ length: volunteers }, () => {
    const normal =
      Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction());
    const speed = Math.min(10, Math.max(0.1, Math.exp(normal)));
    return { unitMs: medianMs / speed, latencyMs: 50, sendMs: 320 };
  });
}
