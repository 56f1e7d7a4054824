import { expect, test } from '@playwright/test';
import { OUTLASTING, startServer } from './running-server.ts';
import { openVolunteer, WEBGPU } from './volunteer-tab.ts';

test('[TN1] three tabs train mnist/mlp past 93 % on held-out digits, though one closes in the middle', async ({
  context,
}) => {
  // Longer than the file says: however fast the others are, none finds the work done.
  const server = await startServer({ job: 'examples/mnist/mlp', flags: OUTLASTING });
  try {
    // Of two classes of device, and so are their sums. Each has given something that counts before the next one comes.
    const tabs = [];
    for (const engine of [WEBGPU, 'jax-wasm', 'jax-wasm'] as const) {
      const tab = await openVolunteer(context, server, engine);
      await expect(tab.getByText(/samples in [1-9]/)).toBeVisible({ timeout: 120_000 });
      tabs.push(tab);
    }
    await server.until('three volunteers', ({ volunteers }) => volunteers.connected === 3);
    const { step } = await server.view();
    await tabs[0]!.close();
    await server.until('two volunteers', ({ volunteers }) => volunteers.connected === 2);
    const { evaluation } = await server.until(
      '93 % of what they learned without it',
      (job) => job.evaluation !== null && job.evaluation.step > step && job.evaluation.metric > 0.93,
    );
    expect(evaluation!.samples).toBe(2_000);
  } finally {
    await server.close();
  }
});

test('[TN2] mnist/cnn reaches 97 % on held-out digits', async ({ context }) => {
  test.skip(process.env['MANYHANDS_LONG'] !== '1', 'npm run test:long');
  test.setTimeout(3_600_000);
  const server = await startServer({ job: 'examples/mnist/cnn' });
  try {
    for (let i = 0; i < 2; i++) await openVolunteer(context, server);
    await server.until('97 %', ({ evaluation }) => (evaluation?.metric ?? 0) > 0.97, 3_500_000);
  } finally {
    await server.close();
  }
});
