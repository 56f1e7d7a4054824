import { expect, test } from '@playwright/test';
import { startServer } from './running-server.ts';
import { openVolunteer } from './volunteer-tab.ts';

test('[TN5] a job whose gradients and updates travel in codecs is learned in a browser, and its dashboard tells what that saves', async ({
  context,
}) => {
  const server = await startServer({ job: 'e2e/jobs/sparse' });
  try {
    await openVolunteer(context, server, 'jax-wasm');
    const dashboard = await context.newPage();
    await dashboard.goto(server.dashboardUrl);
    await server.until('nine flowers in ten told', ({ status }) => status === 'finished');
    const { evaluation, codec, updates, traffic, params, batchSamples } = await server.view();
    expect(evaluation!.metric).toBeGreaterThanOrEqual(0.9);
    expect(codec.ratio).toBeGreaterThan(10);
    expect(updates.ratio).toBeGreaterThan(3);
    // Less than whole parameters each round.
    expect(traffic!.down).toBeLessThan((2 * params) / batchSamples);
    await expect(dashboard.getByText(/up in top-k, .* down in int8, /)).toBeVisible();
  } finally {
    await server.close();
  }
});
