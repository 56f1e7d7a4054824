/**
 * A codec of core on a device: the same bytes, so that of a gradient only what is sent is read back. The vector is worked on in place
 * and ends as what was left out of it, which stays on the device as the residual.
 *
 * The reference of each kernel is the codec itself, and the bytes are those of core, because floats are taken apart as whole numbers: WGSL
 * wants a division correct within 2.5 units in the last place and no better, and may flush subnormals. What is left out is a float32
 * subtraction, within 2⁻²⁰ of the largest number that is sent; numbers too small to be normal may be taken for 0 there.
 */

import { type LossyCodecSpec, unreachable } from '@manyhands/core';
import { createFloat16 } from './float16.ts';
import { createInt8 } from './int8.ts';
import { createTopK } from './top-k.ts';

export interface DeviceCodec {
  /** Bytes to be read back for so many elements: a multiple of 4. */
  readBytes(elements: number): number;
  /** Encodes what fills `read` from the first `elements` of the vector, in which that stays which was left out. */
  encode(
    encoder: GPUCommandEncoder,
    vector: GPUBuffer,
    elements: number,
    seed: number,
    read: GPUBuffer,
  ): void;
  /** What was read becomes the bytes of the codec, which may lie in its memory. */
  finish(read: ArrayBuffer, elements: number): Finished;
}

export interface Finished {
  readonly bytes: Uint8Array;
  /** False where the vector held a NaN or an infinity. */
  readonly finite: boolean;
  /** Elements that still have to be put into what was left out. */
  readonly rounded: Scattered | undefined;
}

/** Elements of a vector, each with its index. */
export interface Scattered {
  readonly indices: Uint32Array;
  readonly values: Float32Array;
}

/** Compiles the kernels of a codec for a device. */
export function deviceCodecOf(gpu: GPUDevice, spec: LossyCodecSpec): DeviceCodec {
  switch (spec.kind) {
    case 'float16':
      return createFloat16(gpu);
    case 'int8':
      return createInt8(gpu);
    case 'top-k':
      return createTopK(gpu, spec);
    default:
      return unreachable(spec);
  }
}
