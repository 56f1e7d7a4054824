/**
 * Does a tab grow? One tab works on a tiny job for very many steps, and what the processes of its browser keep in memory is
 * read from the system: heap, device and whatever else a library may forget to give back.
 *
 * The first tenth of the run is left out, for that is when caches fill; the figure is the slope of a straight line through
 * the rest (least squares), so that no single reading decides it.
 */

import { readFile } from 'node:fs/promises';
import { startServer } from '../e2e/running-server.ts';
import { launchBrowser, processesOf } from '../e2e/trouble.ts';
import { openVolunteer } from '../e2e/volunteer-tab.ts';
import type { Measurement } from './measurement.ts';

const READINGS = 100;

/** Two thousand steps, or as many as `MANYHANDS_SOAK_STEPS` says: 70,000 take hours where a processor plays the GPU. */
export async function measureSoakOfTab(): Promise<readonly Measurement[]> {
  const steps = Number(process.env['MANYHANDS_SOAK_STEPS'] ?? 2_000);
  const server = await startServer({ job: 'e2e/jobs/steady' });
  const browser = await launchBrowser();
  try {
    await openVolunteer(await browser.newContext(), server);
    const readings: (readonly [step: number, bytes: number])[] = [];
    for (let reading = 1; reading <= READINGS; reading++) {
      const due = Math.ceil((steps * reading) / READINGS);
      const { step } = await server.until(`step ${due}`, (job) => job.step >= due, 3_600_000);
      const kept = [...(await processesOf(browser, 'renderer')), ...(await processesOf(browser, 'GPU'))];
      const bytes = await Promise.all(kept.map(residentBytes));
      readings.push([step, bytes.reduce((sum, x) => sum + x, 0)]);
    }
    const steady = readings.slice(READINGS / 10);
    const [first, last] = [steady[0]!, steady.at(-1)!];
    return [
      {
        name: 'soak.tab_bytes_per_1000_steps',
        value: 1_000 * slope(steady),
        unit: 'B',
        higherIsBetter: false,
        note: `renderer and GPU process over ${last[0]} steps: ${mebibytes(first[1])} at step ${first[0]}, ${mebibytes(last[1])} at the end`,
      },
    ];
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Memory that a process has to itself, from Linux; 0 for one that has just ended. */
async function residentBytes(pid: number): Promise<number> {
  const told = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const own = [...told.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm)];
  return own.reduce((sum, [, kib]) => sum + 1_024 * Number(kib), 0);
}

function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (lane: 0 | 1) => points.reduce((sum, point) => sum + point[lane], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const above = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
  return above / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
