import { chromium, expect, test } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, requireChromium } from '../scripts/chromium.mjs';
import { startServer } from './running-server.ts';
import { openVolunteer } from './volunteer-tab.ts';

for (const [engine, name] of [
  ['tfjs-webgl', 'WebGL'],
  ['tfjs-wasm', 'WASM'],
  ['tfjs-cpu', 'CPU'],
  ['jax-wasm', 'WASM'],
] as const) {
  test(`[TN3] a browser without WebGPU helps with ${name} (${engine}), and says so`, async ({ context }) => {
    const server = await startServer({ job: 'e2e/jobs/steady' });
    try {
      const page = await openVolunteer(context, server, engine);
      await server.until('a step', ({ step }) => step >= 1, 90_000);
      await expect(page.getByText(name, { exact: false }).first()).toBeVisible();
    } finally {
      await server.close();
    }
  });
}

for (const [where, host, says] of [
  ['that finds no graphics adapter', 'localhost', /WebGPU.*adapter/],
  // To a browser this is another machine: what a phone meets that opens the link of a laptop.
  ['on plain http', 'laptop.test', /https.*--tls-cert/],
] as const) {
  test(`[TN4] a browser ${where} chooses another backend by itself, and says which and why`, async () => {
    const server = await startServer({ job: 'e2e/jobs/steady' });
    const plain = CHROMIUM_ARGUMENTS.filter((word) => !word.includes('webgpu'));
    const browser = await chromium.launch({
      executablePath: requireChromium(),
      args: [...plain, '--host-resolver-rules=MAP laptop.test 127.0.0.1'],
    });
    try {
      const page = await browser.newPage();
      await page.goto(server.joinUrl.replace('localhost', host));
      await page.getByRole('button', { name: 'Yes, help with this device' }).click();
      await server.until('a step', ({ step }) => step >= 1, 90_000);
      const note = page.locator('.device-note');
      await expect(note).toHaveText(/^This device computes with (WebAssembly|WebGL|plain JavaScript)\. /);
      await expect(note).toHaveText(says);
      console.log(`    ${await note.textContent()}`);
    } finally {
      await browser.close();
      await server.close();
    }
  });
}
