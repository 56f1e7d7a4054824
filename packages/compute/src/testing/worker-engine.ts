/** The page's end of `engine-worker`: an engine in a dedicated worker, whose every call is a promise. */

import type { BackendName } from '../backend-choice.ts';
import type { ModelProgram } from '../engine.ts';
import { EngineError } from '../engine-error.ts';
import type { Acts, Answer, Order } from './engine-worker.ts';
import { weightsOf } from './programs.ts';

export interface WorkerEngine {
  ask<A extends keyof Acts>(act: A, ...args: Parameters<Acts[A]>): Promise<Awaited<ReturnType<Acts[A]>>>;
  end(): void;
}

export function startWorker(): WorkerEngine {
  const worker = new Worker(new URL('./engine-worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (reason: Error) => void }>();
  let asked = 0;
  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    const { resolve, reject } = waiting.get(data.id)!;
    waiting.delete(data.id);
    if ('value' in data) resolve(data.value as never);
    else reject(data.kind === undefined ? new Error(data.error) : new EngineError(data.kind, data.error));
  };
  worker.onerror = ({ message }) => {
    for (const { reject } of waiting.values()) reject(new Error(`The worker failed: ${message}`));
  };
  return {
    ask: (act, ...args) =>
      new Promise((resolve, reject) => {
        const order: Order = { id: asked++, act, args };
        waiting.set(order.id, { resolve, reject });
        worker.postMessage(order);
      }),
    end: () => worker.terminate(),
  };
}

/** A worker with an engine for the program on WebGPU, its weights set. */
export function openOnWebGpu(program: ModelProgram): Promise<WorkerEngine> {
  return openOn('webgpu', program);
}

/** The same on any backend, in a worker that was started before or is started now. */
export async function openOn(
  backend: BackendName,
  program: ModelProgram,
  worker = startWorker(),
): Promise<WorkerEngine> {
  await worker.ask('open', program, backend);
  const { params, state } = weightsOf(program);
  await worker.ask('setParams', params, state);
  return worker;
}
