import { expect, test } from '@playwright/test';
import { startServer } from './running-server.ts';
import { openVolunteer, sayYes } from './volunteer-tab.ts';

test('[TN6] a job of local steps is learned by two tabs in few rounds, and its dashboard tells how many they take', async ({
  context,
}) => {
  const server = await startServer({ job: 'e2e/jobs/steps' });
  try {
    for (let i = 0; i < 2; i++) await openVolunteer(context, server, 'jax-wasm');
    const dashboard = await context.newPage();
    await dashboard.goto(server.dashboardUrl);
    await server.until('nine flowers in ten told', ({ status }) => status === 'finished');
    const { evaluation, strategy, step, batchSamples, training } = await server.view();
    expect(evaluation!.metric).toBeGreaterThanOrEqual(0.9);
    expect(step).toBeLessThan(100);
    // A batch is what all steps of all units draw.
    expect(batchSamples).toBe(4 * 20 * 10);
    expect(strategy).toEqual({ kind: 'local', steps: 20, taken: training!.samples / 40 });
    await expect(dashboard.getByText(/of 20 local steps each/)).toBeVisible();
  } finally {
    await server.close();
  }
});

test('[TN8] a tab whose device takes local steps by itself learns the job alone', async ({ context }) => {
  const server = await startServer({ job: 'e2e/jobs/steps' });
  try {
    await sayYes(context, server, 'jax-webgpu');
    await server.until('nine flowers in ten told', ({ status }) => status === 'finished');
    const { evaluation, training } = await server.view();
    expect(evaluation!.metric).toBeGreaterThanOrEqual(0.9);
    expect(training!.samples).toBe(4 * 20 * 10);
  } finally {
    await server.close();
  }
});

test('[TN7] an async job is learned by two tabs though one closes at work, and its dashboard tells how old answers are', async ({
  context,
}) => {
  const server = await startServer({ job: 'e2e/jobs/unawaited' });
  try {
    const tabs = [];
    for (let i = 0; i < 2; i++) tabs.push(await openVolunteer(context, server, 'jax-wasm'));
    const dashboard = await context.newPage();
    await dashboard.goto(server.dashboardUrl);
    await server.until('a few versions', ({ step }) => step > 10);
    await tabs[0]!.close();
    await server.until('nine flowers in ten told', ({ status }) => status === 'finished');
    const { evaluation, strategy } = await server.view();
    expect(evaluation!.metric).toBeGreaterThanOrEqual(0.9);
    expect(strategy).toMatchObject({ kind: 'async', stalenessMax: 8, staleness: expect.any(Number) });
    await expect(dashboard.getByText(/async, answers .* versions behind, 8 at most/)).toBeVisible();
  } finally {
    await server.close();
  }
});
