/** Two ways to start a host: in a worker thread, as the server does, and in this one, as tests may. */

import { MessageChannel, Worker } from 'node:worker_threads';
import { openSqliteStore } from '../store/sqlite.ts';
import { systemClock } from './clock.ts';
import { type HostStart, runHost } from './host.ts';
import type { FromHost, ToHost } from './messages.ts';
import type { WorkerData } from './worker.ts';

/** The I/O thread's end of the line to a host. */
export interface HostLink {
  /** Buffers in `transfer` are gone for the sender. */
  send(message: ToHost, transfer?: readonly ArrayBuffer[]): void;
  onMessages(listener: (messages: readonly FromHost[]) => void): void;
  /** Ends it without asking. */
  kill(): void;
}

export type StartHost = (start: HostStart, dataDir: string) => HostLink;

export const startHostInWorker: StartHost = (start, dataDir) => {
  const data: WorkerData = { start, dataDir };
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: data });
  return {
    send: (message, transfer = []) => worker.postMessage(message, transfer),
    onMessages(listener) {
      worker.on('message', listener);
      worker.on('error', (error) => {
        const sentence = `The job's thread ended by a mistake in the program: ${error.stack ?? error.message}`;
        listener([{ type: 'failed', sentence }, { type: 'closed' }]);
      });
    },
    kill: () => void worker.terminate(),
  };
};

export const startHostInThread: StartHost = (start, dataDir) => {
  const { port1: host, port2: link } = new MessageChannel();
  runHost(host, start, openSqliteStore(dataDir), systemClock);
  return {
    send: (message, transfer = []) => link.postMessage(message, transfer),
    onMessages: (listener) => void link.on('message', listener),
    kill: () => link.close(),
  };
};
