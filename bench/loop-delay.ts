/**
 * How late the server's thread for sockets and HTTP is while 64 volunteers, clocks on real sockets, train a million
 * parameters: what it costs everybody else that large vectors come and go. The server has a process of its own and
 * measures itself; this one only asks for `/metrics`, whose delays are those since it was asked before.
 */

import { LIMITS } from '@manyhands/protocol';
import type { Measurement } from './measurement.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { joinWaiting, type WaitingVolunteer } from './waiting-volunteer.ts';

const PARAMS = 1_000_000;
const VOLUNTEERS = 64;
const UNIT_MS = 250;
const LEASE_MS = 4_000;
const UNITS = (VOLUNTEERS * LEASE_MS) / UNIT_MS;
const WARM_UP_MS = 10_000;
const MEASURED_MS = 30_000;

export async function measureLoopDelay(): Promise<readonly Measurement[]> {
  const server = await startServerProcess({
    ...{ params: PARAMS, units: UNITS, steps: LIMITS.stepsMax, heldVectorsMax: 64, targetMs: LEASE_MS },
  });
  const volunteers: WaitingVolunteer[] = [];
  try {
    for (let number = 1; number <= VOLUNTEERS; number++) {
      volunteers.push(
        await joinWaiting({ url: server.url, job: server.job, params: PARAMS, unitMs: UNIT_MS, number }),
      );
    }
    await pause(WARM_UP_MS);
    await delays(server);
    const before = accepted(volunteers);
    await pause(MEASURED_MS);
    const measured = await delays(server);
    const perSecond = ((accepted(volunteers) - before) * 1_000) / MEASURED_MS;
    const note = `${VOLUNTEERS} volunteers, 1M parameters, ${perSecond.toFixed(1)} answers of 4 MB a second; reach < 50`;
    return [
      delay('loop.delay_p99_ms', measured.get('io 0.99'), note),
      delay('loop.delay_p50_ms', measured.get('io 0.5'), 'the same, in half of all cases'),
      delay('loop.delay_max_ms', measured.get('io 1'), 'the same, at worst'),
      delay('loop.host_delay_p99_ms', measured.get('host 0.99'), "the job's own thread, which does the sums"),
    ];
  } finally {
    for (const volunteer of volunteers) volunteer.close();
    await server.close();
  }
}

/** Seconds, by thread and quantile. */
async function delays(server: ServerProcess): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(new URL('/metrics', server.url))).text();
  const line = /^manyhands_event_loop_delay_seconds\{thread="(\w+)",quantile="([\d.]+)"\} (\S+)$/gm;
  return new Map(
    [...text.matchAll(line)].map(([, thread, quantile, seconds]) => [
      `${thread} ${quantile}`,
      Number(seconds),
    ]),
  );
}

function delay(name: string, seconds = Number.NaN, note: string): Measurement {
  return { name, value: seconds * 1_000, unit: 'ms', higherIsBetter: false, note };
}

function accepted(volunteers: readonly WaitingVolunteer[]): number {
  return volunteers.reduce((sum, volunteer) => sum + volunteer.accepted(), 0);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
