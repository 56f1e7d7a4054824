/** Tabs of one browser, as people open them: one works, the others show it and take over. */

import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import { type RunningServer, startServer } from './running-server.ts';
import { GENTLY, setIntensity } from './volunteer-tab.ts';

test('[LK2, LK4, LK5] of the tabs of one browser one works, the next takes over when it closes, and a stop in any stops all', async ({
  context,
}) => {
  const server = await startServer({ job: 'e2e/jobs/steady' });
  try {
    const first = await openTab(context, server);
    await setIntensity(first, GENTLY);
    await expectHelping(first, server);

    const second = await openTab(context, server);
    await expect(second.getByRole('heading', { name: 'Helping in another tab' })).toBeVisible();
    // It shows the volunteer of the other one, and speaks to it.
    await expect(second.locator('dd').first()).toHaveText((await first.locator('dd').first().textContent())!);
    await setIntensity(second, 2 * GENTLY);
    await expect(first.locator('output')).toHaveText(`${2 * GENTLY} %`);
    expect((await server.view()).volunteers.connected).toBe(1);

    await first.close();
    await expectHelping(second, server);
    // A goodbye that does not get through a busy machine is missed for as long as a broken line is waited for.
    await server.until('one volunteer', ({ volunteers }) => volunteers.connected === 1);

    const third = await openTab(context, server);
    await expect(third.getByRole('heading', { name: 'Helping in another tab' })).toBeVisible();
    await third.getByRole('button', { name: 'Stop' }).click();
    await server.until('nobody', ({ volunteers }) => volunteers.connected === 0);
    for (const tab of [second, third])
      await expect(tab.getByRole('button', { name: 'Help again' })).toBeVisible();
  } finally {
    await server.close();
  }
});

/** A tab in which somebody said yes and asked for nothing else. */
async function openTab(context: BrowserContext, server: RunningServer): Promise<Page> {
  const page = await context.newPage();
  await page.goto(server.joinUrl);
  await page.getByRole('button', { name: 'Yes, help with this device' }).click();
  return page;
}

/** This tab says that it helps, and the job has something of it. */
async function expectHelping(page: Page, server: RunningServer): Promise<void> {
  await expect(page.getByRole('heading', { name: 'Helping', exact: true })).toBeVisible({ timeout: 60_000 });
  const { step } = await server.view();
  await server.until('a step more', (job) => job.step > step, 60_000);
}
