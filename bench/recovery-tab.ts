/**
 * Seconds from a volunteer's trouble until the job has something of its work again: to the end of the round that was open,
 * which is no sooner than the next accepted contribution. Real tabs of a real browser, a small model.
 */

import type { Browser } from '@playwright/test';
import { type RunningServer, startServer } from '../e2e/running-server.ts';
import { launchBrowser, type Recovery, recoverFromKilledTab, recoverFromLostDevice } from '../e2e/trouble.ts';
import type { Measurement } from './measurement.ts';

const RUNS = 3;

export function measureKilledTab(): Promise<readonly Measurement[]> {
  return measure(
    'recovery.tab_killed_s',
    recoverFromKilledTab,
    'another tab takes its units over; reach ≤ 2',
  );
}

export function measureLostDevice(): Promise<readonly Measurement[]> {
  return measure('recovery.device_lost_s', recoverFromLostDevice, 'the same tab opens it again; reach ≤ 5');
}

async function measure(
  name: string,
  recover: (server: RunningServer, browser: Browser) => Promise<Recovery>,
  note: string,
): Promise<readonly Measurement[]> {
  const runs: Recovery[] = [];
  const server = await startServer({ job: 'e2e/jobs/steady' });
  try {
    for (let run = 0; run < RUNS; run++) {
      const browser = await launchBrowser();
      runs.push(await recover(server, browser));
      await browser.close();
    }
  } finally {
    await server.close();
  }
  const seconds = runs.map((run) => run.seconds).sort((a, b) => a - b);
  const noticed = Math.max(...runs.map((run) => run.unnoticedSeconds));
  const told = seconds.map((second) => second.toFixed(1)).join(', ');
  return [
    {
      name,
      value: seconds[Math.floor(RUNS / 2)]!,
      unit: 's',
      higherIsBetter: false,
      note: `${note}; median of ${told}, noticed within ${noticed.toFixed(1)}`,
    },
  ];
}
