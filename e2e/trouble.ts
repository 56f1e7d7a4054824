/**
 * Everything that happens to a volunteer's tab, done to a real one: tabs and workers end, devices are lost, processes are
 * killed or stand still. And the clock beside it: how long from the trouble until the job has something of it again.
 */

import type { HistoryPoint } from '@manyhands/protocol';
import { ROUTES } from '@manyhands/protocol';
import { type Browser, type BrowserContext, chromium, type Page, type Worker } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, requireChromium } from '../scripts/chromium.mjs';
import type { RunningServer } from './running-server.ts';
import { openVolunteer } from './volunteer-tab.ts';

export interface Recovery {
  /** From the trouble to the end of the first round after the server had noticed it. */
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
  const useful = await entryAfter(server, noticed.index, ({ entry }) => entry.kind === 'step');
  return {
    seconds: (useful.at - troubleAtMs) / 1_000,
    unnoticedSeconds: (noticed.at - troubleAtMs) / 1_000,
  };
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
    page.once('worker', (worker) => {
      armed = worker.evaluate(watchForDevices);
    });
  });
  const page = await openVolunteer(context, server);
  await firstSteps(server);
  await armed;
  return { page, loseDevice: () => workerOf(page).evaluate(() => self.lastDevice!.destroy()) };
}

/** The worker ends as one does that the browser ran out of memory for: at once, without a word. */
export function crashWorker(page: Page): Promise<void> {
  return workerOf(page).evaluate(() => self.close());
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

async function historyFrom(server: RunningServer, from: number): Promise<readonly HistoryPoint[]> {
  const points: HistoryPoint[] = [];
  for (let next = from; ; ) {
    const url = new URL(`${ROUTES.history(server.job)}?from=${next}`, server.origin);
    const page = (await (await fetch(url)).json()) as readonly HistoryPoint[];
    if (page.length === 0) return points;
    points.push(...page);
    next = page.at(-1)!.index + 1;
  }
}

async function newestVolunteer(server: RunningServer): Promise<number> {
  const joined = (await historyFrom(server, 0)).flatMap(({ entry }) =>
    entry.kind === 'joined' ? [entry.volunteer] : [],
  );
  return joined.at(-1)!;
}

/** This volunteer's work went back to the job. */
function isLoss(entry: HistoryPoint['entry'], volunteer: number): boolean {
  if (entry.kind === 'left') return entry.volunteer === volunteer;
  return entry.kind === 'lease-ended' && entry.volunteer === volunteer && entry.end !== 'superseded';
}

function workerOf(page: Page): Worker {
  return page.workers().at(-1)!;
}

/** Ids of the processes of a browser that are of this type. */
export async function processesOf(browser: Browser, type?: string): Promise<number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter((info) => type === undefined || info.type === type).map(({ id }) => id);
}

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
