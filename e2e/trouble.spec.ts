/** A volunteer's trouble costs at most its own lease: each kind of it is provoked, and the time to useful work told. */

import { expect, type Page, test } from '@playwright/test';
import { openFrailLine } from './frail-line.ts';
import { type RunningServer, startServer } from './running-server.ts';
import {
  closeLid,
  crashWorker,
  entryAfter,
  firstSteps,
  killGpuProcess,
  launchBrowser,
  openFrailVolunteer,
  type Recovery,
  recoverFrom,
  recoverFromKilledTab,
} from './trouble.ts';
import { openVolunteer } from './volunteer-tab.ts';

// Nobody can write the trace of a browser that is killed or stands still.
test.use({ trace: 'off' });

let server: RunningServer;
test.beforeEach(async () => {
  server = await startServer({ job: 'e2e/jobs/steady' });
});
test.afterEach(() => server.close());

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
  const browser = await launchBrowser();
  try {
    const recovery = await recoverFromKilledTab(server, browser);
    tell('tab killed', recovery);
    // The socket of a dead tab is closed by the system: nobody has to wait for a deadline.
    expect(recovery.unnoticedSeconds).toBeLessThan(3);
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
  const browser = await launchBrowser();
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
  const laptop = await launchBrowser();
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

test('[TB6] a line that breaks and comes back is used again by itself', async ({ context }) => {
  const line = await openFrailLine(new URL(server.origin));
  try {
    const joinUrl = server.joinUrl.replace(server.origin, line.origin);
    const page = await openVolunteer(context, { ...server, joinUrl });
    await firstSteps(server);
    await line.cut();
    const mendedAtMs = Date.now();
    line.mend();
    const useful = await entryAfter(server, 0, ({ at, entry }) => at > mendedAtMs && entry.kind === 'step');
    console.log(
      `    line mended: useful work again after ${((useful.at - mendedAtMs) / 1_000).toFixed(1)} s`,
    );
    await expectAtWork(page);
  } finally {
    line.close();
  }
});
