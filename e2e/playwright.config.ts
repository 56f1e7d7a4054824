/** A few real runs: Chromium with WebGPU on a software adapter, real sockets, a real disk. */

import { defineConfig } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, requireChromium } from '../scripts/chromium.mjs';

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  // Half of the time of these tests is waiting: for a heartbeat to end, a process to start, a shader to be compiled on one core.
  workers: 2,
  fullyParallel: true,
  timeout: 300_000,
  expect: { timeout: 30_000 },
  // What passes the second time is told as flaky, by name: real browsers on a busy machine have their moods, and a rule that is broken stays so.
  retries: 1,
  reporter: [['list'], ['./why-failed.ts']],
  outputDir: '../test-results',
  use: {
    launchOptions: { executablePath: requireChromium(), args: [...CHROMIUM_ARGUMENTS] },
    trace: 'retain-on-failure',
  },
});
