/** A few real runs: Chromium with WebGPU on a software adapter, real sockets, a real disk. */

import { defineConfig } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, requireChromium } from '../scripts/chromium.mjs';

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  // Two cores train at once in every test: a second browser beside them would only make both slower.
  workers: 1,
  timeout: 240_000,
  retries: 0,
  reporter: [['list']],
  outputDir: '../test-results',
  use: {
    launchOptions: { executablePath: requireChromium(), args: [...CHROMIUM_ARGUMENTS] },
    trace: 'retain-on-failure',
  },
});
