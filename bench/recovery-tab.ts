/**
 * Seconds from a volunteer's trouble until the job has something of its work again: to the end of the round that was open,
 * which is no sooner than the next accepted contribution. A line and a sleeper are of no use before their trouble is over,
 * and are measured from there. Real tabs of a real browser, a small model.
 */

import type { Browser } from '@playwright/test';
import { type RunningServer, startServer } from '../e2e/running-server.ts';
import {
  launchBrowser,
  type Recovery,
  recoverFromBrokenLine,
  recoverFromCrashedWorker,
  recoverFromKilledGpu,
  recoverFromKilledTab,
  recoverFromLostDevice,
  recoverFromShortMemory,
  recoverFromSleep,
} from '../e2e/trouble.ts';
import type { Measurement } from './measurement.ts';

interface Trouble {
  readonly name: string;
  readonly job: string;
  readonly recover: (server: RunningServer, browser: Browser) => Promise<Recovery>;
  readonly note: string;
}

const STEADY = 'e2e/jobs/steady';
const TROUBLES: readonly Trouble[] = [
  {
    name: 'recovery.tab_killed_s',
    job: STEADY,
    recover: recoverFromKilledTab,
    note: 'another tab takes its units over; reach ≤ 2',
  },
  {
    name: 'recovery.device_lost_s',
    job: STEADY,
    recover: recoverFromLostDevice,
    note: 'the same tab opens it again; reach ≤ 5',
  },
  {
    name: 'recovery.worker_crashed_s',
    job: STEADY,
    recover: recoverFromCrashedWorker,
    note: 'its page starts another',
  },
  {
    name: 'recovery.gpu_killed_s',
    job: STEADY,
    recover: recoverFromKilledGpu,
    note: 'the same tab opens a device again',
  },
  {
    name: 'recovery.oom_s',
    job: 'e2e/jobs/wide',
    recover: recoverFromShortMemory,
    note: 'the same tab takes its units in passes',
  },
  {
    name: 'recovery.line_back_s',
    job: STEADY,
    recover: recoverFromBrokenLine,
    note: 'from the line being whole again; the same session goes on',
  },
  {
    name: 'recovery.wake_s',
    job: STEADY,
    recover: recoverFromSleep,
    note: 'from waking, after having been given up',
  },
];

const RUNS = 3;

/** Each by its name, to be taken on its own. */
export const RECOVERIES = TROUBLES.map((trouble) => [trouble.name, () => measure(trouble)] as const);

async function measure({ name, job, recover, note }: Trouble): Promise<readonly Measurement[]> {
  const runs: Recovery[] = [];
  const server = await startServer({ job });
  try {
    for (let run = 0; run < RUNS; run++) {
      const browser = await launchBrowser();
      runs.push(await recover(server, browser));
      await browser.close();
      // Who is still lost would be taken for somebody who works.
      await server.until('nobody', ({ volunteers }) => volunteers.connected === 0);
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
