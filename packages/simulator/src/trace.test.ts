/** Three stories, compared as text. `npx vitest run packages/simulator -u` writes them anew; read the diff. */

import { expect, test } from 'vitest';
import { NO_FAULTS } from './fault.ts';
import { createJob } from './job.ts';
import { Trace } from './trace.ts';
import type { Traits } from './volunteer.ts';
import { runWorld, type WorldOptions } from './world.ts';

test('a calm job of two steps', async () => {
  const story = tell({ population: [volunteer(80), volunteer(50), volunteer(120)] });
  await expect(story).toMatchFileSnapshot('../traces/calm.txt');
});

test('[WL1] a straggler, a backup copy, and two answers that agree', async () => {
  const straggler = { ...volunteer(60), stall: { everyLeases: 4, factor: 8 } };
  const story = tell({ population: [volunteer(80), straggler] });
  await expect(story).toMatchFileSnapshot('../traces/straggler.txt');
});

test('[WD1] a crash, and what the disk gives back', async () => {
  const story = tell({ population: [volunteer(80), volunteer(50)], crashesAtMs: [650] });
  await expect(story).toMatchFileSnapshot('../traces/crash.txt');
});

/** Runs a job of two steps, eight units each, and tells what happened. */
function tell(world: Pick<WorldOptions, 'population' | 'crashesAtMs'>): string {
  const trace = new Trace();
  const job = createJob({
    rounds: 2,
    units: 8,
    policies: { below: () => 0, fraction: () => 0 },
    exact: false,
    codec: { kind: 'float32' },
    strategy: { kind: 'sync' },
  });
  const { broken } = runWorld({
    seed: 1,
    faults: NO_FAULTS,
    job: {
      ...job,
      evaluation: { everySteps: 100, unitSamples: 37 },
      checkpoint: { everySteps: 1, everyMs: 1_000 },
      lease: { targetMs: 200, deadlineMinMs: 300, deadlineFirstMs: 1_000, heldVectorsMax: 8 },
    },
    observe: trace.observe,
    ...world,
  });
  expect(broken).toBeUndefined();
  return trace.text();
}

function volunteer(unitMs: number): Traits {
  return {
    unitMs,
    line: { latencyMs: 10, bytesPerMs: 100, cutUntilMs: 0 },
    device: { engine: 'bowl', backend: 'cpu', vendor: '', architecture: '' },
    lies: false,
    arrivesAtMs: unitMs,
  };
}
