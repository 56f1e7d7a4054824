/** The tests that need a device: a real Chromium with WebGPU on a software adapter, so that they run anywhere. */

import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import type { BrowserCommand } from 'vitest/node';
import { CHROMIUM_ARGUMENTS, requireChromium } from '../../scripts/chromium.mjs';
import { jaxParts } from './jax-parts.ts';

const launchOptions = { executablePath: requireChromium(), args: [...CHROMIUM_ARGUMENTS] };

/** Starts a second browser, calls one function of one module of this package with a word in it, and answers with its result. */
const inAnotherBrowser: BrowserCommand<[module: string, name: string, argument: string]> = async (
  { context, page },
  module,
  name,
  argument,
) => {
  const browser = await context.browser()!.browserType().launch(launchOptions);
  try {
    const other = await browser.newPage();
    const url = new URL(module, page.url()).href;
    // Any page of this origin will do; the module's own source is one that brings nothing else.
    await other.goto(url);
    return await other.evaluate(
      async ([from, what, given]) => (await import(from!))[what!](given),
      [url, name, argument],
    );
  } finally {
    await browser.close();
  }
};

/** Ends the process that all devices of the browser live in, as a faulty driver does. */
const crashGpuProcess: BrowserCommand<[]> = async ({ context }) => {
  const session = await context.browser()!.newBrowserCDPSession();
  // Nobody is left to answer.
  session.send('Browser.crashGpuProcess').catch(() => {});
};

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [jaxParts()],
  resolve: { conditions: ['source', ...defaultClientConditions] },
  worker: { format: 'es' },
  // Found only while a test runs, these would reload the page under it.
  optimizeDeps: {
    exclude: ['@jax-js/jax'],
    include: [
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-layers',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-webgl',
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-backend-webgpu',
    ],
  },
  test: {
    include: ['src/**/*.browser.test.ts'],
    // One software adapter takes every core there is.
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    retry: 1,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions }),
      instances: [{ browser: 'chromium' }],
      commands: { crashGpuProcess, inAnotherBrowser },
    },
  },
});
