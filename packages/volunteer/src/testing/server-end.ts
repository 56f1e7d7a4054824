/** The other end of a line, as tests play it. */

import type { JoinAnswer } from '@manyhands/protocol';
import type { OpenConnection } from '../connection.ts';

export interface ServerEnd {
  readonly open: OpenConnection;
  /** What the next volunteers that join are answered; undefined leaves them without an answer. */
  joinAnswer: unknown;
  /** The next message that a volunteer sent, in order; waits for it. */
  next(): Promise<Heard>;
  /** Sends a message, well formed or not, to whoever is connected. */
  say(name: string, message: unknown): void;
  /** Breaks every line. */
  drop(): void;
  close(): Promise<void>;
}

/** Chunks bring bytes beside their message, and are acknowledged as they come. */
export type Heard = readonly [name: string, message?: unknown, bytes?: unknown];

export const WELCOME = {
  ...{ joined: true, volunteer: 3, version: '1-5', status: 'running' },
  ...{ token: 'ab'.repeat(16), leases: [] },
} satisfies JoinAnswer;

/** What was heard and nobody asked for yet, or who waits for it. */
export function createInbox<T>() {
  const waiting: T[] = [];
  const readers: ((item: T) => void)[] = [];
  return {
    put(item: T): void {
      const reader = readers.shift();
      if (reader === undefined) waiting.push(item);
      else reader(item);
    },
    next(): Promise<T> {
      const item = waiting.shift();
      return item === undefined ? new Promise((resolve) => readers.push(resolve)) : Promise.resolve(item);
    },
  };
}
