/**
 * A browser that is let alone while it works. Whoever drives a browser is told of every message on its sockets, in text, and a
 * tab that moves megabytes pays for that; nobody drives the browser of a volunteer.
 */

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, requireChromium } from '../scripts/chromium.mjs';

export interface UndrivenBrowser {
  /** Where it listens to whoever drives it. */
  readonly endpoint: string;
  /** Takes the wheel for as long as `act` lasts; the pages that it opens stay. */
  drive<Answer>(act: (context: BrowserContext) => Promise<Answer>): Promise<Answer>;
  close(): Promise<void>;
}

export async function openUndrivenBrowser(): Promise<UndrivenBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'manyhands-browser-'));
  const words = ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`];
  const child = spawn(requireChromium(), [...words, ...CHROMIUM_ARGUMENTS, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const endpoint = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = /ws:\/\/\S+/.exec(said)?.[0];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`The browser ended with code ${code} and said: ${said}`)));
  });
  return {
    endpoint,
    async drive(act) {
      const browser = await chromium.connectOverCDP(endpoint);
      try {
        return await act(browser.contexts()[0]!);
      } finally {
        await browser.close();
      }
    },
    async close() {
      child.kill();
      await exited;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
