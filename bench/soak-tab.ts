/**
 * Does a tab grow? One tab works for 70,000 steps, each with a read of its device, and what the processes of its browser keep
 * in memory is told by the system: heap, device and whatever else a library may forget to give back. Steps are as short as they
 * can be (one sample, one layer), so what bounds them is how many messages a second the server takes from one socket:
 * 45 steps, half an hour.
 *
 * Where a browser or a library has had enough of so many reads, the engine is opened anew. How often that was is told too.
 *
 * The first tenth of the run is left out, for that is when caches fill; the figure is the slope of a straight line through
 * the rest (least squares), so that no single reading decides it.
 */

import { mebibytes, memoryOf } from '../e2e/browser-memory.ts';
import { startServer } from '../e2e/running-server.ts';
import { launchBrowser, lossesOf } from '../e2e/trouble.ts';
import { openVolunteer } from '../e2e/volunteer-tab.ts';
import type { Measurement } from './measurement.ts';

const STEPS = 70_000;
const READINGS = 100;

/** As many steps as `MANYHANDS_SOAK_STEPS` says, where it says anything. */
export async function measureSoakOfTab(): Promise<readonly Measurement[]> {
  const steps = Number(process.env['MANYHANDS_SOAK_STEPS'] ?? STEPS);
  const server = await startServer({ job: 'e2e/jobs/brief' });
  const browser = await launchBrowser();
  try {
    await openVolunteer(await browser.newContext(), server);
    const startedAtMs = performance.now();
    const readings: (readonly [step: number, bytes: number])[] = [];
    for (let reading = 1; reading <= READINGS; reading++) {
      const due = Math.ceil((steps * reading) / READINGS);
      const { step } = await server.until(`step ${due}`, (job) => job.step >= due, 3_600_000, 500);
      readings.push([step, await memoryOf(browser)]);
    }
    const minutes = (performance.now() - startedAtMs) / 60_000;
    const steady = readings.slice(READINGS / 10);
    const [first, last] = [steady[0]!, steady.at(-1)!];
    return [
      {
        name: 'soak.tab_bytes_per_1000_steps',
        value: 1_000 * slope(steady),
        unit: 'bytes',
        higherIsBetter: false,
        note:
          `renderer and GPU process: ${mebibytes(first[1])} at step ${first[0]}, ${mebibytes(last[1])} at step ${last[0]}; ` +
          `${minutes.toFixed(1)} minutes, ${await lossesOf(server)} leases came back`,
      },
    ];
  } finally {
    await browser.close();
    await server.close();
  }
}

function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (lane: 0 | 1) => points.reduce((sum, point) => sum + point[lane], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const above = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
  return above / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}
