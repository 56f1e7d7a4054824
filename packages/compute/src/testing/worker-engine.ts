/** The page's end of `engine-worker`: an engine in a worker that does what tests ask beside what an engine is for. */

import wasmPath from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import type { Engine, ModelProgram } from '../engine.ts';
import type { EngineName } from '../engine-choice.ts';
import { startEngine } from '../engine-in-worker.ts';
import type { FromEngineWorker } from '../engine-message.ts';
import type { Acts, Done, Order } from './engine-worker.ts';
import { weightsOf } from './programs.ts';

export interface TestWorker {
  readonly worker: Worker;
  ask<A extends keyof Acts>(act: A, ...args: Parameters<Acts[A]>): Promise<Awaited<ReturnType<Acts[A]>>>;
  end(): void;
}

export interface WorkerEngine extends TestWorker {
  readonly engine: Engine;
}

export function startWorker(): TestWorker {
  const worker = new Worker(new URL('./engine-worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (reason: Error) => void }>();
  let asked = 0;
  worker.addEventListener('message', ({ data }: MessageEvent<Done | FromEngineWorker>) => {
    if (!('done' in data)) return;
    const { resolve, reject } = waiting.get(data.done)!;
    waiting.delete(data.done);
    if ('error' in data) reject(new Error(data.error));
    else resolve(data.value as never);
  });
  return {
    worker,
    ask: (act, ...args) =>
      new Promise((resolve, reject) => {
        const order: Order = { order: asked++, act, args };
        waiting.set(order.order, { resolve, reject });
        worker.postMessage(order);
      }),
    end: () => worker.terminate(),
  };
}

/** A worker with an engine for the program on WebGPU, its weights set. */
export function openOnWebGpu(program: ModelProgram): Promise<WorkerEngine> {
  return openOn('tfjs-webgpu', program);
}

/** The same on any engine, in a worker that was started before or is started now, and in so many passes. */
export async function openOn(
  only: EngineName,
  program: ModelProgram,
  started = startWorker(),
  passes = 1,
): Promise<WorkerEngine> {
  const wasmBase = new URL('.', new URL(wasmPath, location.origin)).href;
  const { engine } = await startEngine(
    program,
    { only, wasmBase, experience: { passes: { [only]: passes }, without: [] } },
    started.worker,
  );
  const { params, state } = weightsOf(program);
  engine.setParams(params, state);
  return { ...started, engine };
}
