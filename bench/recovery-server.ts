/**
 * From `kill -9` of the server to the first contribution that it accepts afterwards: process start, recovery from the
 * newest checkpoint, and volunteers that come back by themselves after their jittered wait. See e2e/crash.
 */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { CrashReport } from '../e2e/crash/crash.ts';
import type { Measurement } from './measurement.ts';

const KILLS = 12;

export async function measureServerKilled(): Promise<readonly Measurement[]> {
  const { recoveriesMs, broken } = await crashed();
  if (broken.length > 0) throw new Error(broken.join(' '));
  const [median, longest] = [recoveriesMs[recoveriesMs.length >> 1], recoveriesMs.at(-1)];
  const note = `median of ${recoveriesMs.length} kills, the longest ${(longest! / 1_000).toFixed(2)} s; reach ≤ 5`;
  const value = (median ?? Number.NaN) / 1_000;
  return [{ name: 'recovery.server_killed_s', value, unit: 's', higherIsBetter: false, note }];
}

/** In a process of its own, where packages are read from their sources: a volunteer's runtime is only ever bundled. */
async function crashed(): Promise<CrashReport> {
  const words = ['e2e/crash/main.ts', '--kills', `${KILLS}`, '--json'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=source', '--import', 'tsx', ...words],
    { cwd: fileURLToPath(new URL('..', import.meta.url)) },
  );
  return JSON.parse(stdout) as CrashReport;
}
