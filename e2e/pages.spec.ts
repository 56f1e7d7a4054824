import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { type RunningServer, startServer } from './running-server.ts';
import { openVolunteer } from './volunteer-tab.ts';

let server: RunningServer;
test.beforeAll(async () => {
  server = await startServer({ job: 'examples/mnist/mlp' });
});
test.afterAll(() => server.close());

/** What axe finds against WCAG 2 A and AA, as sentences. */
async function faultsOf(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
    .analyze();
  return violations.map(({ help, nodes }) => `${help}: ${nodes.map(({ html }) => html).join(' ')}`);
}

for (const scheme of ['light', 'dark'] as const) {
  test(`[UI1] join page and dashboard pass axe in ${scheme}, before the yes and at work`, async ({
    browser,
  }) => {
    const context = await browser.newContext({ colorScheme: scheme });
    const join = await context.newPage();
    await join.goto(server.joinUrl);
    await expect(join.getByRole('button', { name: 'Yes, help with this device' })).toBeEnabled();
    expect(await faultsOf(join)).toEqual([]);
    const volunteer = await openVolunteer(context, server);
    await expect(volunteer.getByRole('button', { name: 'Stop' })).toBeVisible();
    await server.until('work', ({ volunteers }) => volunteers.working > 0);
    expect(await faultsOf(volunteer)).toEqual([]);
    const dashboard = await context.newPage();
    await dashboard.goto(server.dashboardUrl);
    await expect(dashboard.getByRole('row')).toHaveCount(2);
    expect(await faultsOf(dashboard)).toEqual([]);
    await context.close();
  });
}

test('[UI2] the dashboard pauses and resumes, and keeps the token out of the address', async ({
  context,
}) => {
  const dashboard = await context.newPage();
  await dashboard.goto(server.dashboardUrl);
  await dashboard.getByRole('button', { name: 'Pause' }).click();
  await server.until('a pause', ({ status }) => status === 'paused');
  expect(new URL(dashboard.url()).hash).toBe('');
  await dashboard.getByRole('button', { name: 'Resume' }).click();
  await server.until('work', ({ status }) => status === 'running');
});

test('[UI3] the trial answers on the device of whoever draws', async ({ context }) => {
  const trial = await context.newPage();
  await trial.goto(`${server.origin}/try/${server.job}`);
  const pad = trial.locator('canvas').first();
  await pad.waitFor();
  const box = (await pad.boundingBox())!;
  await trial.mouse.move(box.x + box.width / 2, box.y + box.height * 0.15);
  await trial.mouse.down();
  await trial.mouse.move(box.x + box.width / 2, box.y + box.height * 0.85, { steps: 12 });
  await trial.mouse.up();
  await expect(trial.getByText(/step \d/i).first()).toBeVisible({ timeout: 60_000 });
});
