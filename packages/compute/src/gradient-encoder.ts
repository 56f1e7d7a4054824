/**
 * Encodes a sum before it is read, on WebGPU: so that what is read back is what is sent, and the residual of error feedback stays on the
 * device (`core/codec/error-feedback`, whose `encodeDue` is the reference). What is due is the sum and the residual together; of
 * the gradient in it the codec's bytes are read, of state, loss and metric the numbers. What was left out stays.
 *
 * Whether something is not finite is seen in what was read. It is rare, and then the sum is encoded once more, alone.
 */

import {
  allFinite,
  type ContributionShape,
  canonicalize,
  contributionLength,
  type Encoded,
  type LossyCodecSpec,
} from '@manyhands/core';
import { type DeviceVector, notHere } from './device-vector.ts';
import type { Encoding } from './engine.ts';
import { readFloats, readOf, stagingOf } from './gpu-read.ts';
import { type DeviceCodec, deviceCodecOf } from './kernels/device-codec.ts';
import { createMergeKernel, vectorBytes } from './kernels/merge.ts';
import { createScatterKernel, scatteredBytes } from './kernels/scatter.ts';
import type { SpareBuffers } from './spare-buffers.ts';

export interface GradientEncoder {
  /** Whoever calls has submitted all that the sum comes from, and leaves the buffer as it is until this resolves. One at a time. */
  encode(sum: GPUBuffer, encoding: Encoding): Promise<Encoded<DeviceVector>>;
}

/** `spare` belongs to the caller, who destroys it with the device. */
export function createGradientEncoder(
  gpu: GPUDevice,
  shape: ContributionShape,
  spare: SpareBuffers,
): GradientEncoder {
  const { params } = shape;
  const length = contributionLength(shape);
  const merge = createMergeKernel(gpu);
  const scatter = createScatterKernel(gpu);
  const codecs = new Map<string, DeviceCodec>();

  const codecFor = (spec: LossyCodecSpec): DeviceCodec => {
    const name = JSON.stringify(spec);
    const codec = codecs.get(name) ?? deviceCodecOf(gpu, spec);
    codecs.set(name, codec);
    return codec;
  };

  /** The bytes of sum and residual together, and what stays here of them. */
  const encodeDue = async (sum: GPUBuffer, { codec: spec, seed, residual }: Encoding) => {
    const codec = codecFor(spec);
    const due = spare.take(vectorBytes(length));
    const [headBytes, tailAt, tailBytes] = [codec.readBytes(params), 4 * params, 4 * (length - params)];
    const head = spare.take(headBytes);
    const lent = residual.map((part) => (part instanceof VectorOnGpu ? part.on(gpu) : upload(part)));
    const encoder = gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(sum, 0, due, 0, 4 * length);
    for (const buffer of lent) merge(encoder, due, buffer);
    codec.encode(encoder, due, params, seed, head);
    // Nothing is left out of the exact sums behind the gradient.
    encoder.clearBuffer(due, tailAt);
    const staging = stagingOf(gpu, headBytes + tailBytes);
    encoder.copyBufferToBuffer(head, 0, staging, 0, headBytes);
    encoder.copyBufferToBuffer(sum, tailAt, staging, headBytes, tailBytes);
    gpu.queue.submit([encoder.finish()]);
    spare.give(head);
    for (const [i, buffer] of lent.entries()) if (!(residual[i] instanceof VectorOnGpu)) spare.give(buffer);

    const read = await readOf(staging);
    const tail = new Float32Array(read.slice(headBytes));
    canonicalize(tail);
    const { bytes, finite, rounded } = codec.finish(read.slice(0, headBytes), params);
    if (rounded !== undefined) {
      const elements = spare.take(8 * rounded.indices.length);
      gpu.queue.writeBuffer(elements, 0, scatteredBytes(rounded));
      const after = gpu.createCommandEncoder();
      scatter(after, due, elements, rounded.indices.length);
      gpu.queue.submit([after.finish()]);
      spare.give(elements);
    }
    return {
      bytes: joined(bytes, new Uint8Array(tail.buffer)),
      finite: finite && allFinite(tail),
      leftOut: new VectorOnGpu(gpu, due, length, spare),
    };
  };

  const upload = (part: Float32Array | DeviceVector): GPUBuffer => {
    if (!(part instanceof Float32Array)) throw notHere();
    const buffer = spare.take(vectorBytes(length));
    gpu.queue.writeBuffer(buffer, 0, part as Float32Array<ArrayBuffer>);
    return buffer;
  };

  return {
    async encode(sum, encoding) {
      const together = await encodeDue(sum, encoding);
      if (together.finite) return { residual: 'sent', bytes: together.bytes, leftOut: together.leftOut };
      together.leftOut.drop();
      const alone = await encodeDue(sum, { ...encoding, residual: [] });
      const { bytes, leftOut } = alone;
      if (alone.finite) return { residual: 'given-up', bytes, leftOut };
      leftOut.drop();
      return { residual: 'kept', bytes };
    },
  };
}

class VectorOnGpu implements DeviceVector {
  readonly #gpu: GPUDevice;
  readonly #buffer: GPUBuffer;
  readonly #length: number;
  readonly #spare: SpareBuffers;
  #isDropped = false;

  constructor(gpu: GPUDevice, buffer: GPUBuffer, length: number, spare: SpareBuffers) {
    this.#gpu = gpu;
    this.#buffer = buffer;
    this.#length = length;
    this.#spare = spare;
  }

  /** Its buffer, for work on the same device. */
  on(gpu: GPUDevice): GPUBuffer {
    if (gpu !== this.#gpu || this.#isDropped) throw notHere();
    return this.#buffer;
  }

  async read(): Promise<Float32Array> {
    return readFloats(this.#gpu, this.on(this.#gpu), this.#length);
  }

  drop(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    this.#spare.give(this.#buffer);
  }
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}
