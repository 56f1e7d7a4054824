/** What pages do while the server, or a part of it, is silent: they say what is true, and go on when it answers. */

import { expect, type Page, test } from '@playwright/test';
import { openFrailLine } from './frail-line.ts';
import { type RunningServer, startServer } from './running-server.ts';

let server: RunningServer;
test.beforeAll(async () => {
  server = await startServer({ job: 'examples/iris' });
});
test.afterAll(() => server.close());

/** No request to such an address is answered, whoever makes it, until the returned function is called. */
async function silence(page: Page, address: string): Promise<() => Promise<void>> {
  await page.context().route(address, (route) => route.abort());
  return () => page.context().unroute(address);
}

test('[UI5] a page whose program cannot be fetched says so, and is there when it is loaded again', async ({
  page,
}) => {
  const speak = await silence(page, '**/assets/trial-*.js');
  await page.goto(server.origin);
  await page.getByRole('link', { name: 'Try it' }).click();
  await expect(page.getByRole('heading', { name: 'This page could not be shown' })).toBeVisible();
  await speak();
  await page.getByRole('button', { name: 'Load it again' }).click();
  await expect(page.getByRole('heading', { name: /^Ask/ })).toBeVisible();
});

test('[UI6] the try-it page asks until it is answered, and opens the model when the server is back', async ({
  page,
}) => {
  const line = await openFrailLine(new URL(server.origin));
  try {
    const speakOfProgram = await silence(page, '**/program');
    const speakOfParams = await silence(page, '**/params/**');
    await page.goto(`${line.origin}/try/${server.job}`);
    await expect(page.getByText('The server does not answer')).toBeVisible();
    await speakOfProgram();
    await expect(page.getByRole('heading', { name: /^Ask/ })).toBeVisible({ timeout: 20_000 });
    await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible({ timeout: 20_000 });

    await line.cut();
    await speakOfParams();
    await expect(page.getByText('What you see is from')).toBeVisible();
    line.mend();
    await expect(page.getByText(/^Answered by step/)).toBeVisible({ timeout: 60_000 });
    await expect(page.getByText('What you see is from')).toBeHidden();
  } finally {
    line.close();
  }
});

test('[UI7] inputs without samples are typed', async ({ page }) => {
  await page.route('**/samples/**', (route) => route.fulfill({ status: 404, json: GONE }));
  await page.goto(`${server.origin}/try/${server.job}`);
  await expect(page.getByText(GONE.sentence)).toBeVisible();
  await page.getByRole('spinbutton').first().fill('5.1');
  await expect(page.getByText(/^Answered by step/)).toBeVisible({ timeout: 60_000 });
});

const GONE = { error: 'samples-elsewhere', sentence: 'The samples of this job are not on this server.' };
