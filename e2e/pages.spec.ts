import { expect, test } from '@playwright/test';
import { faultsOf } from './faults.ts';
import { OUTLASTING, type RunningServer, startServer } from './running-server.ts';
import { GENTLY, openVolunteer, sayYes } from './volunteer-tab.ts';

let server: RunningServer;
test.beforeAll(async () => {
  server = await startServer({ job: 'examples/mnist/mlp', flags: OUTLASTING });
});
test.afterAll(() => server.close());

test('[UI1] join page and dashboard pass axe in light and dark, before the yes and at work', async ({
  context,
}) => {
  const join = await context.newPage();
  await join.goto(server.joinUrl);
  await expect(join.getByRole('button', { name: 'Yes, help with this device' })).toBeEnabled();
  expect(await faultsOf(join)).toEqual([]);
  const volunteer = await openVolunteer(context, server, 'jax-wasm', GENTLY);
  await expect(volunteer.getByRole('button', { name: 'Stop' })).toBeVisible();
  await server.until('work', ({ volunteers }) => volunteers.working > 0);
  expect(await faultsOf(volunteer)).toEqual([]);
  const dashboard = await context.newPage();
  await dashboard.goto(server.dashboardUrl);
  await expect(dashboard.getByRole('row')).toHaveCount(2);
  expect(await faultsOf(dashboard)).toEqual([]);
});

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

test('[UI8] every page of a job, and the card, name its newest durable bytes beside their step', async ({
  page,
}) => {
  const { durable } = await server.view();
  const named = new RegExp(`step ${durable!.step}\\b.*${durable!.paramsSha256.slice(0, 12)}`);
  for (const path of [
    '',
    `join/${server.job}`,
    `dashboard/${server.job}`,
    `try/${server.job}`,
    `embed/${server.job}`,
  ]) {
    await page.goto(`${server.origin}/${path}`);
    await expect(page.locator('p').filter({ hasText: named }), path).toBeVisible();
  }
});

test('[UI9] before the server is heard every page has its shape, a resting ring, and a true word on what it waits for', async ({
  context,
}) => {
  await context.addInitScript(withoutLine);
  await context.route(/\/api\/jobs$/, (route) => route.abort());
  for (const path of ['', `join/${server.job}`, `dashboard/${server.job}`, `try/${server.job}`]) {
    const page = await context.newPage();
    await page.goto(`${server.origin}/${path}`);
    await expect(page.getByRole('heading', { name: 'Waiting for the server' }), path).toBeVisible();
    await expect(page.getByText('asked again by itself'), path).toHaveCount(1);
    await expect(page.locator('.ring .cell.free').first(), path).toBeVisible();
    expect(await faultsOf(page), path).toEqual([]);
    await page.close();
  }
});

test('[UI12] the curve of a join page is a sketch until it is pointed at, or something was given, and moves nothing', async ({
  browser,
}) => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const looker = await context.newPage();
  await looker.goto(server.joinUrl);
  const place = looker.locator('.join-curve > div');
  await expect(looker.getByRole('button', { name: 'Yes, help with this device' })).toBeEnabled();
  await place.scrollIntoViewIfNeeded();
  await expect(place.locator('.curve')).toBeVisible();
  await expect(place.locator('.uplot')).toHaveCount(0);
  const height = (await place.boundingBox())?.height;
  await place.hover();
  await expect(place.locator('.uplot')).toBeAttached();
  expect((await place.boundingBox())?.height).toBe(height);

  const volunteer = await sayYes(context, server, 'jax-wasm');
  await expect(volunteer.locator('.uplot')).toBeAttached({ timeout: 60_000 });
  expect(await volunteer.evaluate(() => scrollY)).toBe(0);
  await context.close();
});

test('[UI11] a browser is left with what the pages say that is stored, and nothing else', async ({
  context,
}) => {
  // Nobody asks for an engine here, so the tab measures the one that it chose and remembers it.
  const join = await context.newPage();
  await join.goto(server.joinUrl);
  await join.getByRole('button', { name: 'Yes, help with this device' }).click();
  await expect
    .poll(() => join.evaluate(() => localStorage.getItem('manyhands.speeds')), { timeout: 60_000 })
    .toMatch(/^\[\{[^{}]*"secondsPerSample":[^{}]*\}\]$/);
  await join.getByRole('button', { name: 'Colours' }).click();
  const dashboard = await context.newPage();
  await dashboard.goto(server.dashboardUrl);
  await expect(dashboard.getByRole('button', { name: 'Pause' })).toBeVisible();
  const stored = await dashboard.evaluate(async () => ({
    local: Object.keys(localStorage).sort(),
    session: Object.keys(sessionStorage),
    databases: await indexedDB.databases(),
    caches: await caches.keys(),
  }));
  expect(stored).toEqual({
    local: ['manyhands.account', 'manyhands.motion', 'manyhands.speeds', 'manyhands.theme'],
    session: ['manyhands.token'],
    databases: [],
    caches: [],
  });
  expect(await join.evaluate(() => sessionStorage.length)).toBe(0);
  expect(await context.cookies()).toEqual([]);
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

test('[UI10] the trial goes on with what a person types, on their own device, until it is stopped', async ({
  page: trial,
}) => {
  const writer = await startServer({ job: 'e2e/jobs/letters' });
  try {
    await trial.goto(`${writer.origin}/try/${writer.job}`);
    await trial.getByLabel('What the text begins with').fill('Call me é');
    await expect(trial.getByText('Skipped, because the model has never seen it: é')).toBeVisible();
    const go = trial.getByRole('button', { name: 'Continue' });
    await expect(go).toBeEnabled({ timeout: 60_000 });
    await go.click();
    const text = trial.getByLabel('The text so far');
    await expect(text.locator('strong')).toHaveText(/.{3}/, { timeout: 60_000 });
    await trial.getByRole('button', { name: 'Stop' }).click();
    await expect(text.getByText(/\d characters were written/)).toBeVisible();
    await expect(trial.getByText('Answered by step 0')).toBeVisible();
    expect(await faultsOf(trial)).toEqual([]);
  } finally {
    await writer.close();
  }
});

/** Every line leads to where nobody answers. */
function withoutLine(): void {
  window.WebSocket = class extends WebSocket {
    constructor() {
      super('ws://127.0.0.1:9');
    }
  };
}
