/** Many worlds on all processors: threads take a hundred seeds each until one finds a rule that is broken. */

import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Fault } from './fault.ts';
import type { Shrunk } from './shrink.ts';
import { createWorld, runWorld, type WorldRequest } from './world.ts';

/** A request as it travels to a thread. */
type Portion = Omit<WorldRequest, 'faults'> & { readonly faults: readonly Fault[]; readonly worlds: number };

/** The failure with the lowest seed of those found, or undefined when no rule was broken in `worlds` worlds. */
export async function sweep(
  request: WorldRequest,
  worlds: number,
  progress: (done: number) => void,
): Promise<Shrunk | undefined> {
  let next = 0;
  let done = 0;
  const failures: Shrunk[] = [];
  await Promise.all(
    Array.from({ length: Math.min(availableParallelism(), Math.ceil(worlds / PORTION)) }, async () => {
      while (next < worlds && failures.length === 0) {
        const portion = { ...request, seed: request.seed + next, worlds: Math.min(PORTION, worlds - next) };
        next += portion.worlds;
        const failure = await inThread({ ...portion, faults: [...request.faults] });
        if (failure !== undefined) failures.push(failure);
        done += portion.worlds;
        progress(done);
      }
    }),
  );
  return failures.sort((a, b) => a.request.seed - b.request.seed)[0];
}

const PORTION = 100;

function inThread(portion: Portion): Promise<Shrunk | undefined> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL(import.meta.url), { workerData: portion });
    thread.once('message', resolve);
    thread.once('error', reject);
  });
}

function runPortion({ worlds, ...portion }: Portion): Shrunk | undefined {
  const faults = new Set(portion.faults);
  for (let i = 0; i < worlds; i++) {
    const request = { ...portion, faults, seed: portion.seed + i };
    const outcome = runWorld(createWorld(request));
    if (outcome.broken !== undefined) return { request, outcome };
  }
  return undefined;
}

if (!isMainThread) parentPort!.postMessage(runPortion(workerData as Portion));
