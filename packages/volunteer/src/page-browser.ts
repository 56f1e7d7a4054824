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
}

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
  };
}

function startWorker(hear: (message: FromWorker) => void): WorkerEnd {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => hear(data);
  worker.onerror = ({ message }) => {
    const what = message === '' || message === undefined ? 'it could not be loaded' : message;
    hear({ type: 'crashed', sentence: `The worker of this page does not run: ${what}. Reload the page.` });
  };
  return { say: (message) => worker.postMessage(message), end: () => worker.terminate() };
}

function openChannel(name: string, hear: (message: BetweenTabs) => void): ChannelEnd | undefined {
  if (typeof BroadcastChannel === 'undefined') return undefined;
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }: MessageEvent<BetweenTabs>) => hear(data);
  return { say: (message) => channel.postMessage(message), close: () => channel.close() };
}
