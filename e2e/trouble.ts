/**
 * Everything that happens to a volunteer's tab, done to a real one: tabs and workers end, devices are lost, processes are
 * killed or stand still. And the clock beside it: how long from the trouble until the job has something of it again.
 */

import type { EngineName } from '@manyhands/compute';
import type { HistoryPoint } from '@manyhands/protocol';
import { ROUTES } from '@manyhands/protocol';
import { type Browser, type BrowserContext, chromium, type Page, type Worker } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, requireChromium } from '../scripts/chromium.mjs';
import { frailDevices } from './frail-devices.ts';
import { type FrailLine, openFrailLine } from './frail-line.ts';
import type { RunningServer } from './running-server.ts';
import { openVolunteer } from './volunteer-tab.ts';

export interface Recovery {
  /** From the trouble, or from its end where nothing can be done before, to the end of the first round after the server had noticed it. */
  readonly seconds: number;
  /** Of these, until the server noticed. */
  readonly unnoticedSeconds: number;
}

/**
 * Makes trouble for the tab that joined last, or for this volunteer, and waits until work that was lost through it is done.
 * A round ends when its last unit is in, so what is measured is no shorter than the time to the next accepted contribution.
 */
export async function recoverFrom(
  server: RunningServer,
  makeTrouble: () => unknown,
  volunteer?: number,
): Promise<Recovery> {
  const whose = volunteer ?? (await newestVolunteer(server));
  const from = (await historyFrom(server, 0)).at(-1)!.index;
  const troubleAtMs = Date.now();
  await makeTrouble();
  const noticed = await entryAfter(server, from, ({ entry }) => isLoss(entry, whose));
  return recoveryOf(server, troubleAtMs, noticed);
}

async function recoveryOf(server: RunningServer, sinceMs: number, noticed: HistoryPoint): Promise<Recovery> {
  const useful = await entryAfter(server, noticed.index, ({ entry }) => entry.kind === 'step');
  return { seconds: (useful.at - sinceMs) / 1_000, unnoticedSeconds: (noticed.at - sinceMs) / 1_000 };
}

/** One of two tabs is killed in the middle of a lease. */
export async function recoverFromKilledTab(server: RunningServer, browser: Browser): Promise<Recovery> {
  // Contexts of their own, or the two tabs might share a process.
  const dying = await openVolunteer(await browser.newContext(), server);
  await server.until('the first', ({ volunteers }) => volunteers.connected === 1);
  const volunteer = await newestVolunteer(server);
  await openVolunteer(await browser.newContext(), server);
  await server.until('both', ({ volunteers }) => volunteers.connected === 2);
  await firstSteps(server);
  return recoverFrom(server, () => killTab(dying), volunteer);
}

/** The only tab loses its device in the middle of a lease, opens it again and does the lease's work after all. */
export async function recoverFromLostDevice(server: RunningServer, browser: Browser): Promise<Recovery> {
  const { loseDevice } = await openFrailVolunteer(await browser.newContext(), server);
  return recoverFrom(server, loseDevice);
}

/** The worker of the only tab ends without a word, and its page starts another. */
export async function recoverFromCrashedWorker(server: RunningServer, browser: Browser): Promise<Recovery> {
  const page = await openVolunteer(await browser.newContext(), server);
  await firstSteps(server);
  return recoverFrom(server, () => crashWorker(page));
}

/** The process of all devices is killed under the only tab. */
export async function recoverFromKilledGpu(server: RunningServer, browser: Browser): Promise<Recovery> {
  await openVolunteer(await browser.newContext(), server);
  await firstSteps(server);
  return recoverFrom(server, () => killGpuProcess(browser));
}

/** Asks its device for memory with every unit; jax-js keeps what it once got, and would not notice. */
export const NEEDS_MEMORY: EngineName = 'tfjs-webgpu';

/** The device of the only tab has no more room for a unit; the same tab takes it in passes. For the job `wide`. */
export async function recoverFromShortMemory(server: RunningServer, browser: Browser): Promise<Recovery> {
  const context = await browser.newContext();
  const devices = frailDevices(context);
  await openVolunteer(context, server, NEEDS_MEMORY);
  await firstSteps(server);
  return recoverFrom(server, () => devices.limitBuffers(WIDE_UNIT_BYTES - 1));
}

/** The only tab sleeps until the server has given it up; measured from the moment at which it wakes. */
export async function recoverFromSleep(server: RunningServer, browser: Browser): Promise<Recovery> {
  await openVolunteer(await browser.newContext(), server);
  await firstSteps(server);
  const lid = await closeLid(browser);
  await server.until('a sleeper given up', ({ volunteers }) => volunteers.connected === 0);
  return recoverFromWaking(server, lid);
}

/** Who sleeps is alone, so that what is done next is done by the sleeper. */
export async function recoverFromWaking(server: RunningServer, lid: { open(): void }): Promise<Recovery> {
  const from = (await historyFrom(server, 0)).at(-1)!.index;
  const wokenAtMs = Date.now();
  lid.open();
  const joined = await entryAfter(server, from, ({ entry }) => entry.kind === 'joined');
  return recoveryOf(server, wokenAtMs, joined);
}

/** The line of the only tab breaks for as long as it takes to try in vain; measured from the moment at which it is whole again. */
export async function recoverFromBrokenLine(server: RunningServer, browser: Browser): Promise<Recovery> {
  const line = await openFrailLine(new URL(server.origin));
  try {
    await openVolunteer(await browser.newContext(), behind(line, server));
    await firstSteps(server);
    return (await breakLine(server, line)).recovery;
  } finally {
    line.close();
  }
}

/** Cuts the line of the only tab, mends it, and tells what the server wrote down from the cut to the next step. */
export async function breakLine(
  server: RunningServer,
  line: FrailLine,
  meanwhile: () => unknown = () => {},
): Promise<{ readonly recovery: Recovery; readonly written: readonly HistoryPoint[] }> {
  const from = (await historyFrom(server, 0)).at(-1)!.index;
  await line.cut();
  await meanwhile();
  const mendedAtMs = Date.now();
  line.mend();
  const back = await entryAfter(
    server,
    from,
    ({ entry }) => entry.kind === 'returned' || entry.kind === 'joined',
  );
  const recovery = await recoveryOf(server, mendedAtMs, back);
  const written = await historyFrom(server, from + 1);
  const next = written.findIndex(({ index, entry }) => index > back.index && entry.kind === 'step');
  return { recovery, written: written.slice(0, next + 1) };
}

/** The same server, reached over this line. */
export function behind(line: FrailLine, server: RunningServer): RunningServer {
  return { ...server, joinUrl: server.joinUrl.replace(server.origin, line.origin) };
}

/** A browser of its own: what is done to its processes is done to nobody else. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: requireChromium(), args: [...CHROMIUM_ARGUMENTS] });
}

/** A tab whose device can be taken away, as the browser does it when a driver fails. */
export async function openFrailVolunteer(
  context: BrowserContext,
  server: RunningServer,
): Promise<{ readonly page: Page; loseDevice(): Promise<void> }> {
  let armed: Promise<unknown> | undefined;
  context.once('page', (page) => {
    page.on('worker', (worker) => {
      if (isOfEngine(worker)) armed ??= worker.evaluate(watchForDevices);
    });
  });
  const page = await openVolunteer(context, server);
  await firstSteps(server);
  await armed;
  return { page, loseDevice: () => engineOf(page).evaluate(() => self.lastDevice!.destroy()) };
}

/** The volunteer's worker ends as one does that the browser ran out of memory for: at once, without a word. */
export function crashWorker(page: Page): Promise<void> {
  return volunteerOf(page).evaluate(() => self.close());
}

/** So does the worker that its engine lives in. */
export function crashEngine(page: Page): Promise<void> {
  return engineOf(page).evaluate(() => self.close());
}

/** Ends the process that all devices of the browser live in. */
export async function killGpuProcess(browser: Browser): Promise<void> {
  for (const pid of await processesOf(browser, 'GPU')) process.kill(pid, 'SIGKILL');
}

/** Ends what renders the page and runs its worker, as the system does when memory is short. */
export async function killTab(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  // Nobody is left to answer.
  session.send('Page.crash').catch(() => {});
}

/** The lid of a laptop: every process of the browser stands still until the lid is opened. */
export async function closeLid(browser: Browser): Promise<{ open(): void }> {
  const pids = await processesOf(browser);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  return {
    open() {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    },
  };
}

/** Resolves when the job has come so far that everything is warm. */
export async function firstSteps(server: RunningServer): Promise<void> {
  const { step } = await server.view();
  await server.until('the first steps', (job) => job.step >= step + 3);
}

/** Waits for an entry after this index. */
export async function entryAfter(
  server: RunningServer,
  index: number,
  holds: (point: HistoryPoint) => boolean,
  timeoutMs = 120_000,
): Promise<HistoryPoint> {
  const giveUpAt = performance.now() + timeoutMs;
  let seen = index;
  while (performance.now() < giveUpAt) {
    for (const point of await historyFrom(server, seen + 1)) {
      if (holds(point)) return point;
      seen = point.index;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Nothing that was waited for happened after entry ${index}; the last is ${seen}.`);
}

export async function historyFrom(server: RunningServer, from: number): Promise<readonly HistoryPoint[]> {
  const points: HistoryPoint[] = [];
  for (let next = from; ; ) {
    const url = new URL(`${ROUTES.history(server.job)}?from=${next}`, server.origin);
    const page = (await (await fetch(url)).json()) as readonly HistoryPoint[];
    if (page.length === 0) return points;
    points.push(...page);
    next = page.at(-1)!.index + 1;
  }
}

/** Number of the tab that joined last. */
export async function newestVolunteer(server: RunningServer): Promise<number> {
  const joined = (await historyFrom(server, 0)).flatMap(({ entry }) =>
    entry.kind === 'joined' ? [entry.volunteer] : [],
  );
  return joined.at(-1)!;
}

/** How often work went back to the job; of a long history the older part is thinned, of its rare lines last. */
export async function lossesOf(server: RunningServer): Promise<number> {
  const points = await historyFrom(server, 0);
  return points.filter(({ entry }) => 'volunteer' in entry && isLoss(entry, entry.volunteer)).length;
}

/** This volunteer's work went back to the job. */
export function isLoss(entry: HistoryPoint['entry'], volunteer: number): boolean {
  if (entry.kind === 'left') return entry.volunteer === volunteer;
  return entry.kind === 'lease-ended' && entry.volunteer === volunteer && entry.end !== 'superseded';
}

function volunteerOf(page: Page): Worker {
  return page.workers().findLast((worker) => !isOfEngine(worker))!;
}

function engineOf(page: Page): Worker {
  return page.workers().findLast(isOfEngine)!;
}

function isOfEngine(worker: Worker): boolean {
  return worker.url().includes('engine.worker');
}

/** Ids of the processes of a browser that are of this type. */
export async function processesOf(browser: Browser, type?: string): Promise<number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter((info) => type === undefined || info.type === type).map(({ id }) => id);
}

/** Pixels of a unit of the job `wide`, as floats: the largest that its device has to hold. */
export const WIDE_UNIT_BYTES = 32 * 28 * 28 * 4;

declare global {
  interface Window {
    /** The device that was requested last, in a worker that is watched. */
    lastDevice: GPUDevice | undefined;
  }
}

function watchForDevices(): void {
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    self.lastDevice = await request.call(this, descriptor);
    return self.lastDevice;
  };
}
