/**
 * The page's end of the volunteer: asks and is told, and never computes. The worker is made after the yes, and nothing
 * heavy is loaded before.
 *
 * One tab of a browser works for a job, or two tabs would share one device and each be told that it is slow. Which one is
 * decided by a Web Lock, the only thing in a browser that is surely let go of when a tab dies; the others wait for the
 * lock and show what the working tab tells on a BroadcastChannel. A stop pressed in any of them stops all: otherwise the
 * next one would take over, and the person's device would go on.
 *
 * A worker that crashes is replaced without a click, later each time; one that never comes to anything is given up.
 */

import { backoffMs } from './backoff.ts';
import { INTENSITY_MIN } from './governor.ts';
import type { VolunteerMirror } from './mirror.ts';
import { type PageBrowser, pageBrowser, type WorkerEnd } from './page-browser.ts';
import type { PageFacts } from './page-conditions.ts';

export interface VolunteerLink {
  /** The same object until something changes. */
  current(): VolunteerMirror;
  /** Calls back after every change, at most once a frame; returns what ends it. */
  subscribe(listener: () => void): () => void;
  /** The person said yes: work may begin. */
  consent(): void;
  /** 0.1 … 1 of the device's time. */
  setIntensity(intensity: number): void;
  /** The person said stop: leases go back at once. `consent` starts again. */
  stop(): void;
  /** Ends the worker and everything else. */
  close(): void;
}

export interface LinkOptions {
  /** Origin of the server, such as `http://localhost:8080`. */
  readonly server: string;
  readonly job: string;
  /** True: this tab is a volunteer of its own, whatever other tabs do. */
  readonly each: boolean;
  readonly intensity: number;
  /** Forces an engine, for debugging. */
  readonly engine?: string;
}

/** Makes the link; nothing is loaded beyond this module before `consent`. Its functions need no `this`. */
export function linkVolunteer(options: LinkOptions, browser: PageBrowser = pageBrowser()): VolunteerLink {
  const name = `manyhands ${options.server} ${options.job}`;
  const shared = !options.each;
  const listeners = new Set<() => void>();
  let mirror = blankMirror(bounded(options.intensity));
  let page: PageFacts = { visibility: 'visible', power: { from: 'mains' }, saveData: false };
  let drawing = false;
  /** From a yes until the visit is over or a no. */
  let wish: AbortController | undefined;
  /** The worker that is listened to; after a stop it says goodbye unheard. */
  let worker: WorkerEnd | undefined;
  let endWork = () => {};
  /** What was given in this visit by workers that crashed. */
  let earlier = NOTHING;

  const channel = shared ? browser.openChannel(name, hearTab) : undefined;
  const unwatch = browser.watchConditions((facts) => {
    page = facts;
    tellConditions();
  });

  const unwatchLeaving = browser.watchLeaving(() => worker?.say({ type: 'rest' }));

  function show(changes: Partial<VolunteerMirror>): void {
    mirror = { ...mirror, ...changes };
    if (worker !== undefined) channel?.say({ type: 'mirror', mirror });
    if (drawing || listeners.size === 0) return;
    drawing = true;
    browser.nextFrame(() => {
      drawing = false;
      for (const listener of listeners) listener();
    });
  }

  /** Works until the visit is over, and resolves then. */
  async function work(wanted: AbortController): Promise<void> {
    earlier = NOTHING;
    let crashes = 0;
    while (!wanted.signal.aborted) {
      show({ phase: { at: 'connecting', attempt: crashes } });
      const why = await runWorker();
      if (why === undefined) break;
      // A worker that was of use before it crashed is not held against the next.
      crashes = mirror.given.units > earlier.units ? 1 : crashes + 1;
      earlier = mirror.given;
      if (crashes > CRASHES_MAX) {
        show({ phase: { at: 'failed', sentence: `${why} Reload the page.` } });
        break;
      }
      const delayMs = backoffMs(crashes - 1, browser.random());
      show({ phase: { at: 'connecting', attempt: crashes, retryAtMs: browser.now() + delayMs, why } });
      await pause(delayMs, wanted.signal);
    }
    if (wish === wanted) wish = undefined;
  }

  /** Resolves when the worker is of no more use: with a sentence if it crashed, with undefined if the visit is over. */
  function runWorker(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const made = browser.startWorker((message) => {
        switch (message.type) {
          case 'alive':
            return;
          case 'mirror':
            return worker === made ? showWorker(message.mirror) : undefined;
          case 'measured':
            return browser.remember(message.speed);
          case 'ended':
            return end();
          case 'crashed':
            // Nobody asks for another one in the place of a worker that was only saying goodbye.
            return end(worker === made ? message.sentence : undefined);
        }
      });
      const end = (why?: string) => {
        made.end();
        if (worker === made) worker = undefined;
        resolve(why);
      };
      endWork = end;
      worker = made;
      const { server, job, engine } = options;
      const conditions = { ...page, intensity: mirror.intensity };
      const [account, remembered] = [browser.account(), browser.remembered()];
      const begin = { type: 'begin', server, job, account, conditions, remembered } as const;
      made.say(engine === undefined ? begin : { ...begin, engine });
    });
  }

  function pause(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const prevent = browser.setAlarm(delayMs, resolve);
      signal.addEventListener('abort', () => {
        prevent();
        resolve();
      });
    });
  }

  function showWorker(told: VolunteerMirror): void {
    // What the person just set is newer than what the worker has heard of it.
    show({ ...told, intensity: mirror.intensity, given: sum(earlier, told.given) });
  }

  function hearTab(message: BetweenTabs): void {
    switch (message.type) {
      case 'ask':
        if (worker !== undefined) channel?.say({ type: 'mirror', mirror });
        return;
      case 'mirror':
        if (mirror.phase.at === 'mirroring') show({ ...message.mirror, phase: { at: 'mirroring' } });
        return;
      case 'intensity':
        show({ intensity: bounded(message.intensity) });
        return tellConditions();
      case 'stop':
        return stopHere();
    }
  }

  function tellConditions(): void {
    worker?.say({ type: 'conditions', conditions: { ...page, intensity: mirror.intensity } });
  }

  function stopHere(): void {
    if (wish === undefined) return;
    // A worker is given time for its goodbye, and the lock with it; a wait for the lock is just given up.
    if (worker === undefined) wish.abort();
    worker?.say({ type: 'stop' });
    worker = undefined;
    wish = undefined;
    show({ phase: { at: 'stopped' } });
  }

  return {
    current: () => mirror,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    consent() {
      if (wish !== undefined) return;
      const wanted = new AbortController();
      wish = wanted;
      show({ phase: { at: 'connecting', attempt: 0 } });
      if (!shared || browser.locks === undefined) return void work(wanted);
      void holdAlone(browser.locks, name, wanted.signal, {
        granted: () => work(wanted),
        taken() {
          show({ phase: { at: 'mirroring' } });
          channel?.say({ type: 'ask' });
        },
      });
    },
    setIntensity(intensity) {
      show({ intensity: bounded(intensity) });
      tellConditions();
      channel?.say({ type: 'intensity', intensity });
    },
    stop() {
      stopHere();
      channel?.say({ type: 'stop' });
    },
    close() {
      unwatch();
      unwatchLeaving();
      listeners.clear();
      wish?.abort();
      endWork();
      channel?.close();
    },
  };
}

/** What tabs of one browser tell each other of a job. */
export type BetweenTabs =
  /** Who works? */
  | { readonly type: 'ask' }
  | { readonly type: 'mirror'; readonly mirror: VolunteerMirror }
  | { readonly type: 'intensity'; readonly intensity: number }
  | { readonly type: 'stop' };

/** Calls `granted` once the lock is ours and holds it until that resolves; `taken` says that somebody else has it first. */
async function holdAlone(
  locks: Pick<LockManager, 'request'>,
  name: string,
  signal: AbortSignal,
  tell: { granted(): Promise<void>; taken(): void },
): Promise<void> {
  const free = await locks
    .request(name, { ifAvailable: true }, async (lock) => {
      if (lock !== null) await tell.granted();
      return lock !== null;
    })
    .catch(() => 'denied' as const);
  // A frame that may not have locks works without: at worst two tabs share a device.
  if (free === 'denied') return tell.granted();
  if (free || signal.aborted) return;
  tell.taken();
  // Rejects when the wish is withdrawn before the lock is ours, which is no error.
  await locks.request(name, { signal }, tell.granted).catch(() => {});
}

function blankMirror(intensity: number): VolunteerMirror {
  return {
    phase: { at: 'asking' },
    intensity,
    device: undefined,
    deviceNote: undefined,
    engineNote: undefined,
    volunteer: undefined,
    samplesPerSecond: undefined,
    given: NOTHING,
  };
}

function sum(a: Given, b: Given): Given {
  return { units: a.units + b.units, samples: a.samples + b.samples, rounds: a.rounds + b.rounds };
}

type Given = VolunteerMirror['given'];

const NOTHING: Given = { units: 0, samples: 0, rounds: 0 };

/** Workers that crash one after another without giving anything are not going to. */
const CRASHES_MAX = 5;

function bounded(intensity: number): number {
  return Math.min(1, Math.max(INTENSITY_MIN, intensity));
}
