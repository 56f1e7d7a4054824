/**
 * What a tab downloads before its first gradient: pages, styles, programs and WebAssembly, gzipped as a server in front of ours would send
 * them. Samples, parameters and the model belong to the job and not to the platform, and are told beside it. What a page shows where nobody
 * has looked yet is fetched later, so a phone and a wide screen are two figures.
 */

import { gzipSync } from 'node:zlib';
import { type BrowserContextOptions, chromium } from '@playwright/test';
import { type RunningServer, startServer } from '../e2e/running-server.ts';
import { sayYes } from '../e2e/volunteer-tab.ts';
import { CHROMIUM_ARGUMENTS, requireChromium } from '../scripts/chromium.mjs';
import type { Measurement } from './measurement.ts';

const TARGET_KB = 200;

const SCREENS = [
  { name: 'size.volunteer_gzip_kb', viewport: { width: 390, height: 844 }, screen: 'a phone' },
  { name: 'size.volunteer_gzip_kb.wide', viewport: { width: 1280, height: 720 }, screen: 'a wide screen' },
] as const;

export async function measureVolunteerSize(): Promise<readonly Measurement[]> {
  const server = await startServer({ job: 'examples/mnist/mlp' });
  try {
    const measurements: Measurement[] = [];
    for (const { name, viewport, screen } of SCREENS) {
      const paths = await fetchedByFirstGradient(server, { viewport });
      const files = await Promise.all(paths.map((path) => weigh(server.origin, path)));
      const isJob = ([path]: readonly [string, number]) => path.startsWith('/api/');
      const kilobytes = (some: typeof files) => some.reduce((sum, [, bytes]) => sum + bytes, 0) / 1e3;
      const programs = files.filter((file) => !isJob(file));
      if (!programs.some(([path]) => /jax/.test(path)))
        throw new Error(
          `The engine was not seen to be fetched, only ${programs.map(([path]) => path).join(', ')}.`,
        );
      const largest = [...programs].sort((a, b) => b[1] - a[1]).slice(0, 5);
      const told = largest.map(([path, bytes]) => `${path} ${(bytes / 1e3).toFixed(0)}`).join(', ');
      const curves = programs.some(([path]) => /curves/.test(path)) ? 'with' : 'without';
      measurements.push({
        name,
        value: kilobytes(programs),
        unit: 'KB',
        higherIsBetter: false,
        note: `on ${screen}, ${curves} the curve; ${programs.length} files, the largest: ${told}; the job's own files ${kilobytes(files.filter(isJob)).toFixed(0)} KB; reach ≤ ${TARGET_KB}`,
      });
    }
    return measurements;
  } finally {
    await server.close();
  }
}

/** The paths that a fresh browser asks for until the page says that something was given. */
async function fetchedByFirstGradient(
  server: RunningServer,
  options: BrowserContextOptions,
): Promise<readonly string[]> {
  const browser = await chromium.launch({ executablePath: requireChromium(), args: [...CHROMIUM_ARGUMENTS] });
  try {
    const context = await browser.newContext(options);
    const fetched = new Set<string>();
    const given = new Promise<readonly string[]>((resolve) =>
      context.exposeFunction('tellGiven', () => resolve([...fetched])),
    );
    await context.addInitScript(watchGiven);
    context.on('response', (response) => {
      // An upgrade to a socket has no body.
      if (response.status() === 200) fetched.add(new URL(response.url()).pathname);
    });
    await sayYes(context, server);
    return await given;
  } finally {
    await browser.close();
  }
}

declare global {
  interface Window {
    tellGiven(): void;
  }
}

/** Runs in the page, and tells in the turn in which it is drawn: what the page fetches because of it comes later. */
function watchGiven(): void {
  const observer = new MutationObserver(() => {
    if (!/[1-9][\d,.\s]*samples in/.test(document.querySelector('.device')?.textContent ?? '')) return;
    observer.disconnect();
    window.tellGiven();
  });
  observer.observe(document, { subtree: true, childList: true, characterData: true });
}

async function weigh(origin: string, path: string): Promise<readonly [path: string, bytes: number]> {
  const answer = await fetch(new URL(path, origin));
  return [path, gzipSync(new Uint8Array(await answer.arrayBuffer())).byteLength];
}
