/** The line between the I/O thread and the host: who listens, how it ends. A server that trains nothing has a silent one. */

import type { FromHost, ToHost } from './messages.ts';
import type { HostLink } from './start-host.ts';

/** How training came to its end. */
export type Outcome =
  | { readonly outcome: 'finished' | 'stopped' }
  | { readonly outcome: 'failed'; readonly sentence: string };

export interface HostListener {
  hear(message: FromHost): void;
}

export class HostLine {
  readonly outcome: Promise<Outcome>;
  readonly #start: (() => HostLink) | undefined;
  #link: HostLink | undefined;
  readonly #closed: Promise<void>;
  #ready: boolean;
  #listeners: readonly HostListener[] = [];
  #settle: (outcome: Outcome) => void = () => {};
  #hangUp: () => void = () => {};
  readonly #drained: Promise<void>;
  #dry: () => void = () => {};

  /** Without a `start` training has come to its end already, as `ended` says. */
  constructor(start: (() => HostLink) | undefined, ended: Outcome = { outcome: 'finished' }) {
    this.#start = start;
    this.#ready = start === undefined;
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#closed = new Promise((resolve) => {
      this.#hangUp = resolve;
    });
    this.#drained = new Promise((resolve) => {
      this.#dry = resolve;
    });
    if (start === undefined) {
      this.#settle(ended);
      this.#dry();
      this.#hangUp();
    }
  }

  /** True once the host has said where the job stands. */
  get isReady(): boolean {
    return this.#ready;
  }

  send(message: ToHost, transfer?: readonly ArrayBuffer[]): void {
    this.#link?.send(message, transfer);
  }

  /** Starts the host; what it says goes to the listeners, to each in the order given. */
  connect(listeners: readonly HostListener[]): void {
    this.#listeners = listeners;
    this.#link = this.#start?.();
    this.#link?.onMessages((messages) => {
      for (const message of messages) this.#hear(message);
    });
  }

  /** No lease is given out from here on; resolves when the running ones have ended, or have had time enough to. */
  async drain(): Promise<void> {
    this.send({ type: 'drain' });
    await atMost(DRAIN_MS_MAX, this.#drained, this.#dry);
  }

  /** Lets the host write its last checkpoint; ends it without one when that takes too long. */
  async close(): Promise<void> {
    this.send({ type: 'close' });
    await atMost(CLOSE_MS_MAX, this.#closed, this.#hangUp);
    this.#link?.kill();
  }

  #hear(message: FromHost): void {
    for (const listener of this.#listeners) listener.hear(message);
    if (message.type === 'live') this.#ready = true;
    if (message.type === 'status' && (message.status === 'finished' || message.status === 'stopped'))
      this.#settle({ outcome: message.status });
    if (message.type === 'failed') this.#settle({ outcome: 'failed', sentence: message.sentence });
    if (message.type === 'drained' || message.type === 'failed') this.#dry();
    if (message.type === 'closed') this.#hangUp();
  }
}

/** Waits for what `giveUp` brings about when it does not come by itself. */
async function atMost(ms: number, awaited: Promise<void>, giveUp: () => void): Promise<void> {
  const patience = setTimeout(giveUp, ms);
  await awaited;
  clearTimeout(patience);
}

/** Both together end within the ten seconds that a supervisor usually waits before it kills. */
const DRAIN_MS_MAX = 6_000;
const CLOSE_MS_MAX = 3_000;
