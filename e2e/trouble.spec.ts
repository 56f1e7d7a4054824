/** A volunteer's trouble costs at most its own lease: each kind of it is provoked, and the time to useful work told. */

import { expect, type Page, test } from '@playwright/test';
import { mebibytes, memoryOf, tabProcesses } from './browser-memory.ts';
import { frailDevices } from './frail-devices.ts';
import { openFrailLine } from './frail-line.ts';
import { type RunningServer, startServer } from './running-server.ts';
import {
  behind,
  breakLine,
  closeLid,
  crashEngine,
  crashWorker,
  entryAfter,
  firstSteps,
  isLoss,
  killGpuProcess,
  launchBrowser,
  NEEDS_MEMORY,
  newestVolunteer,
  openFrailVolunteer,
  type Recovery,
  recoverFrom,
  recoverFromKilledTab,
  recoverFromWaking,
  WIDE_UNIT_BYTES,
} from './trouble.ts';
import { GENTLY, openVolunteer, WEBGPU } from './volunteer-tab.ts';

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
    expect(recovery.unnoticedSeconds).toBeLessThan(10);
  } finally {
    await browser.close();
  }
});

test('[TB2] a worker that ends without a word is replaced by its page', async ({ context }) => {
  const page = await openVolunteer(context, server, WEBGPU, GENTLY);
  await firstSteps(server);
  tell('worker crashed', await recoverFrom(server, () => crashWorker(page)));
  await expectAtWork(page);
});

test('[TB7] an engine whose worker ends without a word is opened again by its volunteer', async ({
  context,
}) => {
  const page = await openVolunteer(context, server);
  await firstSteps(server);
  tell('engine crashed', await recoverFrom(server, () => crashEngine(page)));
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
    const volunteer = await newestVolunteer(server);
    // So that the job goes on, which takes no more than a few steps.
    const waking = await openVolunteer(context, server, 'jax-wasm', GENTLY);
    await server.until('both', ({ volunteers }) => volunteers.connected === 2);
    const lid = await closeLid(laptop);
    // The job goes on meanwhile; the server gives the sleeper up when it has heard nothing of it for long enough.
    await server.until('a sleeper given up', ({ volunteers }) => volunteers.connected === 1);
    await entryAfter(server, 0, ({ entry }) => isLoss(entry, volunteer));
    await firstSteps(server);
    await waking.close();
    await server.until('nobody awake', ({ volunteers }) => volunteers.connected === 0);
    tell('woken', await recoverFromWaking(server, lid));
    await expectAtWork(sleeper);
  } finally {
    await laptop.close();
  }
});

test('[TB6] a line that breaks and comes back is used by the same volunteer, who delivers what it finished meanwhile', async ({
  context,
}) => {
  const line = await openFrailLine(new URL(server.origin));
  try {
    const devices = frailDevices(context);
    const page = await openVolunteer(context, behind(line, server));
    await firstSteps(server);
    const volunteer = await newestVolunteer(server);
    // A lease that is given while the line breaks goes back: this one is in the volunteer's hands.
    await devices.holdReads();
    const { recovery, written } = await breakLine(server, line, devices.letReadsGo);
    tell('line whole again', recovery);
    // Nothing went to another, nobody joined, and yet the round was closed: with what was finished while there was no line.
    const told = written.map(({ entry }) => entry);
    expect(told).toContainEqual({ kind: 'lost', volunteer, units: ROUND_UNITS });
    expect(told).toContainEqual({ kind: 'returned', volunteer, units: ROUND_UNITS });
    expect(told.filter(({ kind }) => ['joined', 'left', 'lease-ended', 'backup'].includes(kind))).toEqual([]);
    await expectAtWork(page);
  } finally {
    line.close();
  }
});

test('[TB8] a device without room for a unit takes it in passes, and its volunteer comes back as what it is then', async ({
  context,
}) => {
  await server.close();
  server = await startServer({ job: 'e2e/jobs/wide' });
  const devices = frailDevices(context);
  const page = await openVolunteer(context, server, NEEDS_MEMORY);
  await firstSteps(server);
  expect((await server.rows()).map(({ engine }) => engine)).toEqual([expect.not.stringContaining('passes')]);
  tell('memory short', await recoverFrom(server, () => devices.limitBuffers(WIDE_UNIT_BYTES - 1)));
  expect((await server.rows()).map(({ engine }) => engine)).toEqual([expect.stringMatching(/, 2 passes$/)]);
  await expectAtWork(page);
});

test('[TB9] a tab outlives its server, and works for the one that is started in its place', async ({
  context,
}) => {
  const page = await openVolunteer(context, server);
  await firstSteps(server);
  const { durable } = await server.until(
    'a checkpoint',
    (job) => job.durable !== null && job.durable.step > 0,
  );
  await server.end('SIGKILL');
  const killedAtMs = Date.now();
  const { dataDir, origin } = server;
  server = await startServer({ job: 'e2e/jobs/steady', dataDir, port: Number(new URL(origin).port) });
  const recovered = await entryAfter(server, 0, ({ entry }) => entry.kind === 'recovered');
  const useful = await entryAfter(server, recovered.index, ({ entry }) => entry.kind === 'step');
  const [seconds, unnoticedSeconds] = [useful, recovered].map(({ at }) => (at - killedAtMs) / 1_000);
  tell('server killed', { seconds: seconds!, unnoticedSeconds: unnoticedSeconds! });
  const { version, step } = await server.view();
  expect(version).toMatch(/^2-/);
  expect(step).toBeGreaterThan(durable!.step);
  await expectAtWork(page);
});

test('[TB10] a read that fails costs its lease: the same tab computes again, however often, and does not grow', async () => {
  test.setTimeout(480_000);
  const browser = await launchBrowser();
  try {
    const context = await browser.newContext();
    const devices = frailDevices(context);
    const page = await openVolunteer(context, server);
    await firstSteps(server);
    const volunteer = await newestVolunteer(server);
    await devices.failReads(READS);
    const kept: number[] = [];
    let index = 0;
    for (let failure = 1; failure <= FAILURES; failure++) {
      const lost = await entryAfter(server, index, ({ entry }) => isLoss(entry, volunteer));
      ({ index } = await entryAfter(server, lost.index, ({ entry }) => entry.kind === 'step'));
      kept.push(await memoryOf(await tabProcesses(browser)));
    }
    console.log(`    after each failed read: ${kept.map(mebibytes).join(', ')}`);
    expect(await newestVolunteer(server)).toBe(volunteer);
    // Whatever browsers fetch for themselves now and then, it is not an engine for each.
    expect(kept.at(-1)! - kept[0]!).toBeLessThan(((FAILURES - 1) / 2) * ENGINE_BYTES);
    await expectAtWork(page);
  } finally {
    await browser.close();
  }
});

/** Of the job `steady`: who works alone takes them in one lease. */
const ROUND_UNITS = 8;

/** Reads of an engine before one fails, and how often that happens. */
const READS = 8;
const FAILURES = 6;
/** An engine that nobody gave back takes more than this. */
const ENGINE_BYTES = 32 * 2 ** 20;
