/**
 * Does a tab grow? One tab works for 70,000 steps, each with a read of its device, and what the processes of its browser keep
 * in memory is told by the system: heap, device and whatever else a library may forget to give back. Steps are as short as they
 * can be (one sample, one layer), so what bounds them is how many messages a second the server takes from one socket:
 * 45 steps, half an hour.
 *
 * Nobody drives the browser meanwhile: each time that somebody takes its wheel a tab keeps a megabyte.
 *
 * Where a browser or a library has had enough of so many reads, the engine is opened anew. How often that was is told too.
 *
 * A browser collects garbage when it likes, so it is told to before each reading. The first tenth of the run is left out, for that is when caches
 * fill; the figure is the slope of a straight line through the rest (least squares), so that no single reading decides it.
 */

import { memoryOf, tabProcesses } from '../e2e/browser-memory.ts';
import { startServer } from '../e2e/running-server.ts';
import { lossesOf } from '../e2e/trouble.ts';
import { openUndrivenBrowser } from '../e2e/undriven-browser.ts';
import { openVolunteer } from '../e2e/volunteer-tab.ts';
import { collectGarbage } from './garbage.ts';
import type { Measurement } from './measurement.ts';

const STEPS = 70_000;
const READINGS = 20;

/** As many steps as `MANYHANDS_SOAK_STEPS` says, where it says anything. */
export async function measureSoakOfTab(): Promise<readonly Measurement[]> {
  const steps = Number(process.env['MANYHANDS_SOAK_STEPS'] ?? STEPS);
  const server = await startServer({ job: 'e2e/jobs/brief' });
  const browser = await openUndrivenBrowser();
  try {
    const pids = await browser.drive(async (context) => {
      await openVolunteer(context, server);
      return tabProcesses(context.browser()!);
    });
    const startedAtMs = performance.now();
    const readings: (readonly [step: number, bytes: number])[] = [];
    for (let reading = 1; reading <= READINGS; reading++) {
      const due = Math.ceil((steps * reading) / READINGS);
      const { step } = await server.until(`step ${due}`, (job) => job.step >= due, 3_600_000, 500);
      await collectGarbage(browser.endpoint);
      readings.push([step, await memoryOf(pids)]);
    }
    const minutes = (performance.now() - startedAtMs) / 60_000;
    const steady = readings.slice(READINGS / 10);
    const told = readings.map(([, bytes]) => (bytes / 2 ** 20).toFixed(0)).join(', ');
    return [
      {
        name: 'soak.tab_bytes_per_1000_steps',
        value: 1_000 * slope(steady),
        unit: 'bytes',
        higherIsBetter: false,
        note:
          `MiB of renderer and GPU process: ${told}; ` +
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
