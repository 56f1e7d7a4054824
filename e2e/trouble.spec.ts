/** A volunteer's trouble costs at most its own lease: each kind of it is provoked, and the time to useful work told. */

import { chromium, expect, type Page, test } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, requireChromium } from '../scripts/chromium.mjs';
import { type RunningServer, startServer } from './running-server.ts';
import {
  closeLid,
  crashWorker,
  entryAfter,
  firstSteps,
  killGpuProcess,
  killTab,
  openFrailVolunteer,
  type Recovery,
  recoverFrom,
} from './trouble.ts';
import { openVolunteer } from './volunteer-tab.ts';

let server: RunningServer;
test.beforeEach(async () => {
  server = await startServer({ job: 'e2e/jobs/steady' });
});
test.afterEach(() => server.close());

/** Its own browser: what is done to its processes is done to nobody else. */
const launch = () => chromium.launch({ executablePath: requireChromium(), args: [...CHROMIUM_ARGUMENTS] });

function tell(what: string, { seconds, unnoticedSeconds }: Recovery): void {
  console.log(
    `    ${what}: useful work again after ${seconds.toFixed(1)} s, noticed after ${unnoticedSeconds.toFixed(1)} s`,
  );
}

/** The tab works on without anybody having clicked. */
async function expectAtWork(page: Page): Promise<void> {
  await expect(page.getByRole('button', { name: 'Stop' })).toBeVisible();
  await firstSteps(server);
}

test('[TB1] a tab that dies in the middle of a lease costs that lease: another computes its units', async () => {
  const browser = await launch();
  try {
    const dying = await openVolunteer(await browser.newContext(), server);
    const staying = await openVolunteer(await browser.newContext(), server);
    await server.until('both', ({ volunteers }) => volunteers.connected === 2);
    await firstSteps(server);
    tell('tab killed', await recoverFrom(server, () => killTab(dying)));
    await expectAtWork(staying);
    expect((await server.view()).volunteers.connected).toBe(1);
  } finally {
    await browser.close();
  }
});

test('[TB2] a worker that ends without a word is replaced by its page', async ({ context }) => {
  const page = await openVolunteer(context, server);
  await firstSteps(server);
  tell('worker crashed', await recoverFrom(server, () => crashWorker(page)));
  await expectAtWork(page);
});

test('[TB3] a device that is lost is opened again', async ({ context }) => {
  const { page, loseDevice } = await openFrailVolunteer(context, server);
  tell('device lost', await recoverFrom(server, loseDevice));
  await expectAtWork(page);
});

test('[TB4] when the process of all devices is killed the engine is built anew', async () => {
  const browser = await launch();
  try {
    const page = await openVolunteer(await browser.newContext(), server);
    await firstSteps(server);
    tell('GPU process killed', await recoverFrom(server, () => killGpuProcess(browser)));
    await expectAtWork(page);
  } finally {
    await browser.close();
  }
});

test('[TB5] a laptop that sleeps past its deadline loses its lease, and works again when it wakes', async ({
  context,
}) => {
  const laptop = await launch();
  try {
    const sleeper = await openVolunteer(await laptop.newContext(), server);
    await firstSteps(server);
    const waking = await openVolunteer(context, server);
    await server.until('both', ({ volunteers }) => volunteers.connected === 2);
    const lid = await closeLid(laptop);
    // The job goes on meanwhile; the server gives the sleeper up when it has heard nothing of it for long enough.
    await server.until('a sleeper given up', ({ volunteers }) => volunteers.connected === 1);
    await firstSteps(server);
    const wokenAtMs = Date.now();
    lid.open();
    const joined = await entryAfter(server, 0, ({ at, entry }) => at > wokenAtMs && entry.kind === 'joined');
    console.log(`    asleep: joined again after ${((joined.at - wokenAtMs) / 1_000).toFixed(1)} s`);
    // Alone again, so that what is done is done by the sleeper.
    await waking.close();
    await server.until('the sleeper alone', ({ volunteers }) => volunteers.connected === 1);
    await expectAtWork(sleeper);
  } finally {
    await laptop.close();
  }
});
