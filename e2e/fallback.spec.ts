import { expect, test } from '@playwright/test';
import { startServer } from './running-server.ts';
import { openVolunteer } from './volunteer-tab.ts';

for (const [backend, name] of [
  ['webgl', 'WebGL'],
  ['wasm', 'WASM'],
  ['cpu', 'CPU'],
] as const) {
  test(`[TN3] a browser without WebGPU helps with ${name}, and says so`, async ({ context }) => {
    const server = await startServer({ job: 'examples/mnist/mlp' });
    try {
      const page = await openVolunteer(context, server, backend);
      await server.until('a step', ({ step }) => step >= 1, 90_000);
      await expect(page.getByText(name, { exact: false }).first()).toBeVisible();
    } finally {
      await server.close();
    }
  });
}
