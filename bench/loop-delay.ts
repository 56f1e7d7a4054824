/**
 * How late the server's thread for sockets and HTTP is while 64 volunteers, clocks on real sockets, train a million
 * parameters: what it costs everybody else that large vectors come and go. The server has a process of its own and
 * measures itself; this one only asks for `/metrics`, whose delays are those since it was asked before. It is taken twice: with
 * volunteers that give way to the server, as if they were elsewhere, and with volunteers that want the same cores.
 */

import { LIMITS } from '@manyhands/protocol';
import type { Measurement } from './measurement.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { gatherWaiting } from './waiting-fleet.ts';

const PARAMS = 1_000_000;
const VOLUNTEERS = 64;
const UNIT_MS = 250;
const LEASE_MS = 4_000;
const UNITS = (VOLUNTEERS * LEASE_MS) / UNIT_MS;
const WARM_UP_MS = 10_000;
const MEASURED_MS = 30_000;

const FLEETS = [
  { suffix: '', niceness: 10, who: 'volunteers that give way (nice 10)' },
  { suffix: '.crowded', niceness: 0, who: 'volunteers that want the same cores' },
] as const;

export async function measureLoopDelay(): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = [];
  for (const fleet of FLEETS) measurements.push(...(await measureWith(fleet)));
  return measurements;
}

async function measureWith({
  suffix,
  niceness,
  who,
}: (typeof FLEETS)[number]): Promise<readonly Measurement[]> {
  const server = await startServerProcess({
    ...{ params: PARAMS, units: UNITS, steps: LIMITS.stepsMax, heldVectorsMax: 64, targetMs: LEASE_MS },
  });
  const { url, job } = server;
  const each = { url, job, params: PARAMS, unitMs: UNIT_MS };
  const fleet = await gatherWaiting({ ...each, volunteers: VOLUNTEERS }, niceness);
  try {
    await pause(WARM_UP_MS);
    await delays(server);
    const before = await fleet.accepted();
    await pause(MEASURED_MS);
    const measured = await delays(server);
    const perSecond = (((await fleet.accepted()) - before) * 1_000) / MEASURED_MS;
    const note = `${VOLUNTEERS} ${who}, 1M parameters, ${perSecond.toFixed(1)} answers of 4 MB a second; reach < 50`;
    return [
      delay(`loop.delay_p99_ms${suffix}`, measured.get('io 0.99'), note),
      delay(`loop.delay_p50_ms${suffix}`, measured.get('io 0.5'), 'the same, in half of all cases'),
      delay(`loop.delay_max_ms${suffix}`, measured.get('io 1'), 'the same, at worst'),
      delay(
        `loop.host_delay_p99_ms${suffix}`,
        measured.get('host 0.99'),
        "the job's own thread, which does the sums",
      ),
    ];
  } finally {
    await fleet.close();
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

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
