/** A job's host in a thread of its own. */

import { parentPort, workerData } from 'node:worker_threads';
import { watchLoop } from '../loop-delay.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { systemClock } from './clock.ts';
import { type HostStart, runHost } from './host.ts';
import { fastestLoops } from './loops.ts';
import type { FromHost } from './messages.ts';

export interface WorkerData {
  readonly start: HostStart;
  readonly dataDir: string;
}

const { start, dataDir } = workerData as WorkerData;
runHost(parentPort!, start, openSqliteStore(dataDir), systemClock, fastestLoops(start));
parentPort!.postMessage([{ type: 'loop-delay', delay: watchLoop() } satisfies FromHost]);
