/**
 * A link that goes round: 5,000 volunteers come within ten seconds. What is left of a running job's speed meanwhile, and
 * what became of everybody. And what 10,000 volunteers cost who have joined and have nothing to do.
 */

import { gather } from './crowd.ts';
import { untilStep } from './job-progress.ts';
import { type Measurement, ratio } from './measurement.ts';
import { startServerProcess } from './server-process.ts';
import { joinWaiting, type WaitingVolunteer } from './waiting-volunteer.ts';

const PARAMS = 100_000;
const WORKERS = 16;
const UNIT_MS = 250;
const HERD = 5_000;
const HERD_WITHIN_MS = 10_000;
const IDLE = 10_000;

export async function measureHerd(): Promise<readonly Measurement[]> {
  const server = await startServerProcess(
    { params: PARAMS, units: WORKERS * 8, steps: 1e6, heldVectorsMax: 256 },
    0,
  );
  const workers: WaitingVolunteer[] = [];
  try {
    for (let number = 1; number <= WORKERS; number++)
      workers.push(
        await joinWaiting({ url: server.url, job: server.job, params: PARAMS, unitMs: UNIT_MS, number }),
      );
    await untilStep(server, 2);
    const calm = await unitsPerMs(workers, () => pause(HERD_WITHIN_MS));
    const begin = { url: server.url, job: server.job, volunteers: HERD, withinMs: HERD_WITHIN_MS, core: 1 };
    const crowding = gather(begin);
    const crowded = await unitsPerMs(workers, () => Promise.all([pause(HERD_WITHIN_MS), crowding]));
    const crowd = await crowding;
    const { joined, told, lost, losses } = await crowd.count();
    await crowd.close();
    const reasons = Object.entries(losses).map(([why, times]) => `${times} × ${why}`);
    return [
      ratio(
        'herd.running_job_speed',
        crowded / calm,
        `while ${HERD} come within ${HERD_WITHIN_MS / 1_000} s: ${joined} in, ${told} told when to come back, ${lost} lost; they only join; reach ≥ 0.9`,
      ),
      {
        name: 'herd.lost',
        value: lost,
        unit: 'volunteers',
        higherIsBetter: false,
        note: `of ${HERD}, who were neither let in nor told when to come back${reasons.length > 0 ? ` (${reasons.join(', ')})` : ''}; stay at 0`,
      },
    ];
  } finally {
    for (const worker of workers) worker.close();
    await server.close();
  }
}

export async function measureIdle(): Promise<readonly Measurement[]> {
  const server = await startServerProcess({ params: PARAMS, units: 8, steps: 1e6, heldVectorsMax: 256 });
  try {
    const before = await server.residentBytes();
    const crowd = await gather({ url: server.url, job: server.job, volunteers: IDLE, withinMs: 60_000 });
    while ((await crowd.count()).joined < IDLE) await pause(1_000);
    const after = await server.residentBytes();
    await crowd.close();
    return [
      {
        name: 'idle.bytes_per_volunteer',
        value: (after - before) / IDLE,
        unit: 'bytes',
        higherIsBetter: false,
        note: `resident memory that ${IDLE} who joined and wait add to the server; stay ≤ 25,000`,
      },
    ];
  } finally {
    await server.close();
  }
}

async function unitsPerMs(
  workers: readonly WaitingVolunteer[],
  during: () => Promise<unknown>,
): Promise<number> {
  const useful = () => workers.reduce((sum, worker) => sum + worker.usefulMs(), 0);
  const [before, startedAt] = [useful(), performance.now()];
  await during();
  return (useful() - before) / UNIT_MS / (performance.now() - startedAt);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
