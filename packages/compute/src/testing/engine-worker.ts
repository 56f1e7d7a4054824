/**
 * The worker that an engine lives in, the real one, and beside it what only a test asks of it: to take its device away, to
 * end it, to look into its memory.
 */

import * as tf from '@tensorflow/tfjs-core';
import '../engine.worker.ts';
import { messageOf } from '../engine-error.ts';
import { createMergeKernel, vectorBytes } from '../kernels/merge.ts';

export type Acts = typeof acts;

export interface Order {
  readonly order: number;
  readonly act: keyof Acts;
  readonly args: readonly unknown[];
}

export type Done =
  | { readonly done: number; readonly value: unknown }
  | { readonly done: number; readonly error: string };

let bufferBytesMax = Number.POSITIVE_INFINITY;
const device = watchForDevices();
const buffers = countBuffers();

const acts = {
  /** From now on no device has a buffer above this size. */
  async limitBuffers(bytes: number) {
    bufferBytesMax = bytes;
  },

  /** Takes the device away. */
  async loseDevice() {
    device()!.destroy();
  },

  /** Ends as a worker does that the browser ran out of memory for: without a word. */
  async die() {
    self.close();
  },

  /** Fails where nobody catches it. */
  async fail() {
    setTimeout(() => {
      throw new Error('A mistake');
    });
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

self.addEventListener('message', async ({ data }: MessageEvent<Partial<Order>>) => {
  const { order, act, args } = data;
  if (order === undefined) return;
  const say = (done: Done) => self.postMessage(done);
  try {
    say({ done: order, value: await (acts[act!] as (...args: unknown[]) => Promise<unknown>)(...args!) });
  } catch (thrown) {
    say({ done: order, error: messageOf(thrown) });
  }
});
