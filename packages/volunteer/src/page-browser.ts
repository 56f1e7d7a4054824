/** What the link needs of the browser around it, and where it gets that in a real one. */

import { accountOf } from './account.ts';
import type { BetweenTabs } from './link.ts';
import { type Page, type PageFacts, watchConditions } from './page-conditions.ts';
import type { FromWorker, ToWorker } from './worker-message.ts';

export interface PageBrowser {
  startWorker(hear: (message: FromWorker) => void): WorkerEnd;
  /** Undefined on insecure origins, where every tab works for itself. */
  readonly locks: Pick<LockManager, 'request'> | undefined;
  openChannel(name: string, hear: (message: BetweenTabs) => void): ChannelEnd | undefined;
  watchConditions(tell: (facts: PageFacts) => void): () => void;
  account(): string;
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
    account: () => accountOf(() => localStorage),
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
  const lifeline = `manyhands worker ${Math.random()}`;
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

/**
 * A worker that runs out of memory, or whose process is killed, ends without an event; its locks are let go of. A worker
 * that is merely busy, for however long, keeps them, as no answer to a ping would tell.
 */
function awaitDeath(lifeline: string, signal: AbortSignal, mourn: () => void): void {
  // Rejects when the worker is ended by us, which is no death to be told.
  navigator.locks.request(lifeline, { signal }, mourn).catch(() => {});
}

function openChannel(name: string, hear: (message: BetweenTabs) => void): ChannelEnd | undefined {
  if (typeof BroadcastChannel === 'undefined') return undefined;
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }: MessageEvent<BetweenTabs>) => hear(data);
  return { say: (message) => channel.postMessage(message), close: () => channel.close() };
}
