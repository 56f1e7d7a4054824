/** The server dies, and nothing that it had promised dies with it. `npm run crash` kills it fifty times. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@playwright/test';
import type { CrashReport } from './crash/crash.ts';

const KILLS = 5;
const SEED = 3;

test('[KL1, KL2, KL3, KL4] five times kill -9 in the middle of a job leave the bytes, the versions, the credit and the history of a run that was never killed', async () => {
  const report = await crashed();
  expect(report.broken).toEqual([]);
  expect(report.kills).toBe(KILLS);
  expect(report.recoveriesMs.length).toBeGreaterThan(0);
});

/** A process of its own, where packages are read from their sources: a volunteer's runtime is only ever bundled. */
async function crashed(): Promise<CrashReport> {
  const words = ['--kills', `${KILLS}`, '--seed', `${SEED}`, '--json'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=source', '--import', 'tsx', 'e2e/crash/main.ts', ...words],
    { cwd: fileURLToPath(new URL('..', import.meta.url)) },
  );
  return JSON.parse(stdout) as CrashReport;
}
