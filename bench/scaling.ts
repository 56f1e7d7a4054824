/**
 * How much of N volunteers' time the platform puts to use. Each is a clock on a real socket (`waiting-volunteer`), speeds spread
 * ± 30 %, leases of about 250 ms, 100,000 float32 parameters: useful waiting ÷ (wall time × N), over whole rounds.
 */

import { openSlowLink } from '../e2e/slow-link.ts';
import { type Measurement, ratio } from './measurement.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { joinWaiting, type WaitingVolunteer } from './waiting-volunteer.ts';

const PARAMS = 100_000;
const UNIT_MS = 31.25;
const UNITS_PER_VOLUNTEER = 32;
const WARM_UP_MS = 4_000;
const MEASURED_MS = 12_000;

export async function measureScaling(): Promise<readonly Measurement[]> {
  const measured: Measurement[] = [];
  for (const volunteers of [1, 8, 32]) {
    const target = volunteers === 8 ? '; reach ≥ 0.95' : volunteers === 32 ? '; reach ≥ 0.90' : '';
    const value = await efficiency(volunteers);
    measured.push(
      ratio(
        `scaling.efficiency.${volunteers}`,
        value,
        `useful waits ÷ (wall × ${volunteers}) on loopback${target}`,
      ),
    );
  }
  for (const volunteers of [8, 32]) {
    const value = await efficiency(volunteers, { delayMs: 20, upBytesPerSecond: 10e6 / 8 });
    const note = `the same at 40 ms round trip and 10 Mbit/s up; a lease's answer alone takes 320 ms to send`;
    measured.push(ratio(`scaling.efficiency.${volunteers}.slow_link`, value, note));
  }
  return measured;
}

async function efficiency(count: number, link?: Parameters<typeof openSlowLink>[1]): Promise<number> {
  const server = await startServerProcess({
    params: PARAMS,
    units: count * UNITS_PER_VOLUNTEER,
    steps: 1e6,
    heldVectorsMax: 256,
  });
  const volunteers: WaitingVolunteer[] = [];
  try {
    const slow = link === undefined ? undefined : await openSlowLink(new URL(server.url), link);
    for (let i = 0; i < count; i++) volunteers.push(await join(server, i, count, slow?.url ?? server.url));
    await pause(WARM_UP_MS);
    const before = useful(volunteers);
    const startedAt = performance.now();
    await pause(MEASURED_MS);
    const value = (useful(volunteers) - before) / ((performance.now() - startedAt) * count);
    slow?.close();
    return value;
  } finally {
    for (const volunteer of volunteers) volunteer.close();
    await server.close();
  }
}

function join(server: ServerProcess, i: number, count: number, url: string): Promise<WaitingVolunteer> {
  // Speeds evenly over 0.7 … 1.3, the same in every run.
  const speed = count === 1 ? 1 : 0.7 + (0.6 * i) / (count - 1);
  return joinWaiting({ url, job: server.job, params: PARAMS, unitMs: UNIT_MS / speed, number: i + 1 });
}

function useful(volunteers: readonly WaitingVolunteer[]): number {
  return volunteers.reduce((sum, volunteer) => sum + volunteer.usefulMs(), 0);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
