/** Runs in a dedicated worker, as a volunteer's engine does, and does there what a test in the page asks for. */

import wasmPath from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import * as tf from '@tensorflow/tfjs-core';
import type { BackendName } from '../backend-choice.ts';
import type { ModelProgram } from '../engine.ts';
import { EngineError, messageOf } from '../engine-error.ts';
import { createMergeKernel, vectorBytes } from '../kernels/merge.ts';
import { type OpenedEngine, openEngine } from '../open-engine.ts';

export type Acts = typeof acts;
type Engine = OpenedEngine['engine'];

export interface Order {
  readonly id: number;
  readonly act: keyof Acts;
  readonly args: readonly unknown[];
}

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string; readonly kind?: EngineError['kind'] };

const wasmFile = new URL(wasmPath, self.location.origin);
let bufferBytesMax = Number.POSITIVE_INFINITY;
let opened: OpenedEngine | undefined;
const engine = () => opened!.engine;
const device = watchForDevices();
const buffers = countBuffers();

const acts = {
  async open(program: ModelProgram, backend: BackendName) {
    opened = await openEngine(program, { backend, wasmBase: new URL('.', wasmFile).href });
    return opened.choice;
  },
  /** From now on no device has a buffer above this size. */
  async limitBuffers(bytes: number) {
    bufferBytesMax = bytes;
  },
  passes: async () => engine().passes,
  setParams: async (...args: Parameters<Engine['setParams']>) => engine().setParams(...args),
  gradient: (...args: Parameters<Engine['gradient']>) => engine().gradient(...args),
  evaluate: (...args: Parameters<Engine['evaluate']>) => engine().evaluate(...args),
  predict: (...args: Parameters<Engine['predict']>) => engine().predict(...args),
  lost: () => engine().lost,
  dispose: async () => engine().dispose(),

  /** Takes the device away while a gradient is under way, and tells what both said of it. */
  async loseDevice(...args: Parameters<Engine['gradient']>) {
    const failure = engine()
      .gradient(...args)
      .then(() => 'computed', messageOf);
    device()!.destroy();
    return { failure: await failure, lost: await engine().lost };
  },

  async memory() {
    const { numTensors, numDataBuffers } = tf.memory();
    const { numBytesAllocatedInGPU } = tf.memory() as unknown as { numBytesAllocatedInGPU: number };
    return { numTensors, numDataBuffers, numBytesAllocatedInGPU, buffers: buffers() };
  },

  /** left + right by the kernel, on a device of its own. */
  async merge(left: Float32Array, right: Float32Array) {
    const gpu = await (await navigator.gpu.requestAdapter())!.requestDevice();
    const size = vectorBytes(left.length);
    const buffer = (usage: number) => gpu.createBuffer({ size, usage: usage | GPUBufferUsage.COPY_DST });
    const vectors = [left, right].map((vector) => {
      const held = buffer(GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC);
      gpu.queue.writeBuffer(held, 0, vector as Float32Array<ArrayBuffer>);
      return held;
    });
    const staging = buffer(GPUBufferUsage.MAP_READ);
    const encoder = gpu.createCommandEncoder();
    createMergeKernel(gpu)(encoder, vectors[0]!, vectors[1]!);
    encoder.copyBufferToBuffer(vectors[0]!, 0, staging, 0, size);
    gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const sum = new Float32Array(staging.getMappedRange().slice(0), 0, left.length);
    gpu.destroy();
    return sum;
  },
};

/** The device that was requested last: only a test has reason to reach for it. */
function watchForDevices(): () => GPUDevice | undefined {
  let last: GPUDevice | undefined;
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    last = await request.call(this, descriptor);
    return last;
  };
  return () => last;
}

/** How many buffers live on all devices: TF.js does not know of those that are ours. */
function countBuffers(): () => number {
  const living = new Set<GPUBuffer>();
  const { createBuffer } = GPUDevice.prototype;
  const { destroy } = GPUBuffer.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    // What is too large is asked for at a size that no device has, so that the refusal is the browser's own.
    const fits = descriptor.size <= bufferBytesMax;
    const buffer = createBuffer.call(this, fits ? descriptor : { ...descriptor, size: 2 ** 40 });
    living.add(buffer);
    return buffer;
  };
  GPUBuffer.prototype.destroy = function () {
    living.delete(this);
    destroy.call(this);
  };
  return () => living.size;
}

self.onmessage = async ({ data: { id, act, args } }: MessageEvent<Order>) => {
  const answer = (said: Answer) => self.postMessage(said);
  try {
    answer({ id, value: await (acts[act] as (...args: unknown[]) => Promise<unknown>)(...args) });
  } catch (thrown) {
    const kind = thrown instanceof EngineError ? { kind: thrown.kind } : {};
    answer({ id, error: messageOf(thrown), ...kind });
  }
};
