/**
 * The worker that an engine lives in, the real one, and beside it what only a test asks of it: to take its device away, to
 * end it, to look into its memory.
 */

import type { LossyCodecSpec } from '@manyhands/core';
import * as tf from '@tensorflow/tfjs-core';
import '../engine.worker.ts';
import { messageOf } from '../engine-error.ts';
import { deviceCodecOf } from '../kernels/device-codec.ts';
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

  /** Bytes of all memories of WASM. */
  async wasmBytes() {
    return memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  },

  /** How many buffers live on all devices. */
  async buffers() {
    return buffers();
  },

  /** left + right by the kernel, on a device of its own. */
  async merge(left: Float32Array, right: Float32Array) {
    const gpu = await ownDevice();
    const size = vectorBytes(left.length);
    const vectors = [left, right].map((vector) => bufferOf(gpu, vector, size));
    const encoder = gpu.createCommandEncoder();
    createMergeKernel(gpu)(encoder, vectors[0]!, vectors[1]!);
    gpu.queue.submit([encoder.finish()]);
    const sum = new Float32Array(await read(gpu, vectors[0]!), 0, left.length);
    gpu.destroy();
    return sum;
  },

  /** The bytes of each vector by the kernels of a codec, and what stays on the device, which is one of its own. */
  async encode(spec: LossyCodecSpec, vectors: readonly Float32Array[], seed: number) {
    const gpu = await ownDevice();
    const codec = deviceCodecOf(gpu, spec);
    const encoded = vectors.map(async (vector) => {
      const held = bufferOf(gpu, vector, vectorBytes(vector.length));
      const out = bufferOf(gpu, new Float32Array(0), codec.readBytes(vector.length));
      const encoder = gpu.createCommandEncoder();
      codec.encode(encoder, held, vector.length, seed, out);
      gpu.queue.submit([encoder.finish()]);
      const { bytes, finite, rounded } = codec.finish(await read(gpu, out), vector.length);
      const leftOut = new Float32Array(await read(gpu, held), 0, vector.length);
      rounded?.indices.forEach((index, i) => {
        leftOut[index] = rounded.values[i]!;
      });
      return { bytes, finite, leftOut, readBytes: out.size };
    });
    const all = await Promise.all(encoded);
    gpu.destroy();
    return all;
  },
};

async function ownDevice(): Promise<GPUDevice> {
  return (await navigator.gpu.requestAdapter())!.requestDevice();
}

function bufferOf(gpu: GPUDevice, vector: Float32Array, size: number): GPUBuffer {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = gpu.createBuffer({ size, usage });
  gpu.queue.writeBuffer(buffer, 0, vector as Float32Array<ArrayBuffer>);
  return buffer;
}

async function read(gpu: GPUDevice, buffer: GPUBuffer): Promise<ArrayBuffer> {
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  const staging = gpu.createBuffer({ size: buffer.size, usage });
  const encoder = gpu.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  gpu.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  return staging.getMappedRange().slice(0);
}

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

const memories: WebAssembly.Memory[] = [];
WebAssembly.Memory = class extends WebAssembly.Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    memories.push(this);
  }
};
