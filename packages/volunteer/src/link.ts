/**
 * The page's end of the volunteer: asks and is told, and never computes. The worker is made after the yes, and nothing
 * heavy is loaded before.
 *
 * One tab of a browser works for a job, or two tabs would share one device and each be told that it is slow. Which one is
 * decided by a Web Lock, the only thing in a browser that is surely let go of when a tab dies; the others wait for the
 * lock and show what the working tab tells on a BroadcastChannel. A stop pressed in any of them stops all: otherwise the
 * next one would take over, and the person's device would go on.
 */

import { INTENSITY_MIN } from './governor.ts';
import type { VolunteerMirror } from './mirror.ts';
import { type PageBrowser, pageBrowser, type WorkerEnd } from './page-browser.ts';
import type { PageFacts } from './page-conditions.ts';
import type { BackendWish, FromWorker } from './worker-message.ts';

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
  /** Forces a backend, for debugging. */
  readonly backend?: BackendWish;
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

  const channel = shared ? browser.openChannel(name, hearTab) : undefined;
  const unwatch = browser.watchConditions((facts) => {
    page = facts;
    tellConditions();
  });

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
  function work(wanted: AbortController): Promise<void> {
    if (wanted.signal.aborted) return Promise.resolve();
    show({ phase: { at: 'connecting', attempt: 0 } });
    return new Promise((resolve) => {
      const made = browser.startWorker((message) => {
        if (worker === made) hearWorker(message);
        if (message.type !== 'mirror') endWork();
      });
      endWork = () => {
        made.end();
        if (worker === made) worker = undefined;
        if (wish === wanted) wish = undefined;
        resolve();
      };
      worker = made;
      const { server, job, backend } = options;
      const conditions = { ...page, intensity: mirror.intensity };
      const begin = { type: 'begin', server, job, account: browser.account(), conditions } as const;
      made.say(backend === undefined ? begin : { ...begin, backend });
    });
  }

  function hearWorker(message: FromWorker): void {
    // What the person just set is newer than what the worker has heard of it.
    if (message.type === 'mirror') show({ ...message.mirror, intensity: mirror.intensity });
    if (message.type === 'crashed') show({ phase: { at: 'failed', sentence: message.sentence } });
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
    volunteer: undefined,
    samplesPerSecond: undefined,
    given: { units: 0, samples: 0, rounds: 0 },
  };
}

function bounded(intensity: number): number {
  return Math.min(1, Math.max(INTENSITY_MIN, intensity));
}
