/** What the link needs of the browser around it, and where it gets that in a real one. */

import { awaitDeath, nameLifeline } from '@manyhands/compute/lifeline';
import { accountOf } from './account.ts';
import type { BetweenTabs } from './link.ts';
import { type Page, type PageFacts, watchConditions } from './page-conditions.ts';
import { type RememberedSpeed, rememberedSpeeds, rememberSpeed } from './speed-memory.ts';
import type { FromWorker, ToWorker } from './worker-message.ts';

export interface PageBrowser {
  startWorker(hear: (message: FromWorker) => void): WorkerEnd;
  /** Undefined on insecure origins, where every tab works for itself. */
  readonly locks: Pick<LockManager, 'request'> | undefined;
  openChannel(name: string, hear: (message: BetweenTabs) => void): ChannelEnd | undefined;
  watchConditions(tell: (facts: PageFacts) => void): () => void;
  /** Tells that the page is about to go, for good or into the browser's cache of pages; returns what ends it. */
  watchLeaving(tell: () => void): () => void;
  account(): string;
  /** How fast engines were in earlier visits. */
  remembered(): readonly RememberedSpeed[];
  remember(speed: RememberedSpeed): void;
  nextFrame(draw: () => void): void;
  /** Milliseconds since 1970. */
  now(): number;
  /** In [0, 1). */
  random(): number;
  /** Rings once after `delayMs`; returns what prevents it. */
  setAlarm(delayMs: number, ring: () => void): () => void;
}

/** A worker that dies says 'crashed', even where the browser ended it without a word. */
export interface WorkerEnd {
  say(message: ToWorker): void;
  end(): void;
}

export interface ChannelEnd {
  say(message: BetweenTabs): void;
  close(): void;
}

export function pageBrowser(): PageBrowser {
  return {
    startWorker,
    locks: navigator.locks,
    openChannel,
    watchConditions: (tell) => watchConditions(globalThis as unknown as Page, tell),
    watchLeaving(tell) {
      addEventListener('pagehide', tell);
      return () => removeEventListener('pagehide', tell);
    },
    account: () => accountOf(() => localStorage),
    remembered: () => rememberedSpeeds(() => localStorage),
    remember: (speed) => rememberSpeed(() => localStorage, speed),
    nextFrame: (draw) => void requestAnimationFrame(draw),
    now: () => Date.now(),
    random: () => Math.random(),
    setAlarm(delayMs, ring) {
      const alarm = setTimeout(ring, delayMs);
      return () => clearTimeout(alarm);
    },
  };
}

function startWorker(hear: (message: FromWorker) => void): WorkerEnd {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const ended = new AbortController();
  const crash = (what: string) => {
    if (!ended.signal.aborted) hear({ type: 'crashed', sentence: `The worker of this page ${what}.` });
  };
  const lifeline = nameLifeline();
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if (data.type === 'alive') awaitDeath(lifeline, ended.signal, () => crash('was ended by the browser'));
    else hear(data);
  };
  worker.onmessageerror = () => crash('said what cannot be read');
  worker.onerror = ({ message }) =>
    crash(`does not run: ${message === '' || message === undefined ? 'it could not be loaded' : message}`);
  const say = (message: ToWorker) => worker.postMessage(message);
  say({ type: 'live', lifeline });
  return {
    say,
    end() {
      ended.abort();
      worker.terminate();
    },
  };
}

function openChannel(name: string, hear: (message: BetweenTabs) => void): ChannelEnd | undefined {
  if (typeof BroadcastChannel === 'undefined') return undefined;
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }: MessageEvent<BetweenTabs>) => hear(data);
  return { say: (message) => channel.postMessage(message), close: () => channel.close() };
}
