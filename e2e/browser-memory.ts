/** What the processes that work for the tabs of a browser keep for themselves, as Linux tells it. */

import { readFile } from 'node:fs/promises';
import type { Browser } from '@playwright/test';
import { processesOf } from './trouble.ts';

/** Its renderers and the process of its devices. */
export async function tabProcesses(browser: Browser): Promise<readonly number[]> {
  return [...(await processesOf(browser, 'renderer')), ...(await processesOf(browser, 'GPU'))];
}

/** Private bytes of these processes: heap, device, and whatever else somebody may forget to give back. */
export async function memoryOf(pids: readonly number[]): Promise<number> {
  const bytes = await Promise.all(pids.map(privateBytes));
  return bytes.reduce((sum, x) => sum + x, 0);
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** 0 for a process that has just ended. */
async function privateBytes(pid: number): Promise<number> {
  const told = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const own = [...told.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm)];
  return own.reduce((sum, [, kib]) => sum + 1_024 * Number(kib), 0);
}
