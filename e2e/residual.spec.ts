import { expect, test } from '@playwright/test';
import { type RunningServer, startServer } from './running-server.ts';
import { sayYes, WEBGPU } from './volunteer-tab.ts';

let server: RunningServer;

test.beforeAll(async () => {
  server = await startServer({ job: 'e2e/jobs/withheld' });
});
test.afterAll(() => server.close());

test('[RS7] what a tab has not sent is in one place only: with it, or where the next tab takes it, or it is counted as lost', async ({
  context,
}) => {
  const looker = await context.newPage();
  await looker.goto(server.dashboardUrl);
  const lies = () => looker.evaluate(lookIntoTheStore);
  // One leaves it on its device, the other in memory.
  const tab = await sayYes(context, server, WEBGPU);
  await steps(20);
  expect(await lies()).toEqual(WITH_A_TAB);
  await looker.getByRole('button', { name: 'Pause' }).click();
  await expect.poll(lies).toEqual(PUT_AWAY);
  await looker.getByRole('button', { name: 'Resume' }).click();
  await steps(20);
  expect(await lies()).toEqual(WITH_A_TAB);
  // Its page says so to its worker, which has time for it or not.
  await tab.close({ runBeforeUnload: true });
  await expect.poll(() => looker.evaluate(isAnyWorkerAlive)).toBe(false);
  const { residuals } = await lies();
  await sayYes(context, server, 'jax-wasm');
  await steps(20);
  expect(await lies()).toEqual(WITH_A_TAB);
  expect((await server.view()).residualsLost).toBe(1 - residuals);
});

test('[UI11] where a job withholds something the page says so before the yes, and stores nothing till then', async ({
  page,
}) => {
  await page.goto(server.joinUrl);
  await expect(page.getByText('what it has not sent yet of its sums')).toBeVisible();
  expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
});

/** As many numbers as parameters, loss and metric. */
const PUT_AWAY = { residuals: 1, numbers: 515 + 2, notes: 0 };
const WITH_A_TAB = { residuals: 0, numbers: 0, notes: 1 };

async function steps(more: number): Promise<void> {
  const { step } = await server.view();
  await server.until(`${more} more steps`, (job) => job.step >= step + more);
}

async function isAnyWorkerAlive(): Promise<boolean> {
  const { held } = await navigator.locks.query();
  return held!.some(({ name }) => name!.startsWith('manyhands worker'));
}

async function lookIntoTheStore(): Promise<{ residuals: number; numbers: number; notes: number }> {
  const lies = { residuals: 0, numbers: 0, notes: 0 };
  const open = indexedDB.open('manyhands');
  await new Promise((resolve) => {
    open.onsuccess = resolve;
  });
  const entries = open.result.transaction('residuals').objectStore('residuals').getAll();
  await new Promise((resolve) => {
    entries.onsuccess = resolve;
  });
  open.result.close();
  for (const { what } of entries.result as { what: Float32Array | object }[]) {
    if (what instanceof Float32Array) {
      lies.residuals++;
      lies.numbers += what.length;
    } else lies.notes++;
  }
  return lies;
}
