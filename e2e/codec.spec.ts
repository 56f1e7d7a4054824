import { expect, test } from '@playwright/test';
import { startServer } from './running-server.ts';
import { openVolunteer } from './volunteer-tab.ts';

test('[TN5] a job whose gradients travel in a codec is learned in a browser, and its dashboard tells what that saves', async ({
  context,
}) => {
  const server = await startServer({ job: 'e2e/jobs/sparse' });
  try {
    await openVolunteer(context, server, 'jax-wasm');
    const dashboard = await context.newPage();
    await dashboard.goto(server.dashboardUrl);
    await server.until('nine flowers in ten told', ({ status }) => status === 'finished');
    const { evaluation, codec, traffic } = await server.view();
    expect(evaluation!.metric).toBeGreaterThanOrEqual(0.9);
    expect(codec.ratio).toBeGreaterThan(10);
    expect(traffic!.up).toBeLessThan(traffic!.down);
    await expect(dashboard.getByText(`up in top-k, `)).toBeVisible();
  } finally {
    await server.close();
  }
});
