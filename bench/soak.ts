/**
 * What a server keeps of each step that is long past: resident memory, garbage collected, after 70,000 steps of a small job
 * and after the first 10,000, which fill the bounded histories.
 */

import { type JobView, ROUTES } from '@manyhands/protocol';
import type { Measurement } from './measurement.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { joinWaiting, type WaitingVolunteer } from './waiting-volunteer.ts';

const FROM_STEPS = 10_000;
const TO_STEPS = 70_000;
/** Enough of them that the job is not held up by how many messages each may send a second. */
const VOLUNTEERS = 128;
const PARAMS = 16;

export async function measureSoak(): Promise<readonly Measurement[]> {
  const server = await startServerProcess({
    params: PARAMS,
    units: 2,
    steps: 2 * TO_STEPS,
    heldVectorsMax: 8,
  });
  const volunteers: WaitingVolunteer[] = [];
  try {
    for (let number = 1; number <= VOLUNTEERS; number++) {
      volunteers.push(
        await joinWaiting({ url: server.url, job: server.job, params: PARAMS, unitMs: 0, number }),
      );
    }
    const startedAt = performance.now();
    await stepsReach(server, FROM_STEPS);
    const before = await server.residentBytes();
    await stepsReach(server, TO_STEPS);
    const after = await server.residentBytes();
    const seconds = (performance.now() - startedAt) / 1_000;
    const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
    return [
      {
        name: 'soak.bytes_per_1000_steps',
        value: (after - before) / ((TO_STEPS - FROM_STEPS) / 1_000),
        unit: 'bytes',
        higherIsBetter: false,
        note: `${mib(before)} resident after ${FROM_STEPS} steps, ${mib(after)} after ${TO_STEPS}, ${seconds.toFixed(0)} s`,
      },
    ];
  } finally {
    for (const volunteer of volunteers) volunteer.close();
    await server.close();
  }
}

async function stepsReach(server: ServerProcess, steps: number): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const { step } = (await (await fetch(new URL(ROUTES.job(server.job), server.url))).json()) as JobView;
    if (step >= steps) return;
    if (performance.now() > giveUpAt) throw new Error(`The job is at step ${step} and not yet at ${steps}.`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const PATIENCE_MS = 20 * 60_000;
