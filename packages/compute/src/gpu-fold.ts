/** Sums of units in buffers of a WebGPU device, whichever library computed their parts there. */

import { createTreeFold } from '@manyhands/core';
import { type MergeKernel, vectorBytes } from './kernels/merge.ts';
import type { SpareBuffers } from './spare-buffers.ts';
import type { UnitFold } from './unit-fold.ts';

export interface GpuPart {
  readonly buffer: GPUBuffer;
  /** Floats of it, from its start. */
  readonly elements: number;
}

export interface GpuFoldOptions<Sum> {
  /** Of a contribution. */
  readonly elements: number;
  /** Where commands go, after all that the parts come from. */
  readonly recorder: () => GPUCommandEncoder;
  readonly spare: SpareBuffers;
  readonly merge: MergeKernel;
  /** Is handed the sum of so many units, canonical if they are several, which it reads and which is free to be used again then. */
  readonly finish: (sum: GPUBuffer, units: number) => Promise<Sum>;
}

/** Parts may change as soon as what was recorded by `add` is submitted. */
export function createGpuFold<Sum>(options: GpuFoldOptions<Sum>): UnitFold<GpuPart, Sum> {
  const { elements, recorder, spare, merge, finish } = options;
  let units = 0;
  const fold = createTreeFold<GPUBuffer>((left, right) => {
    merge(recorder(), left, right);
    spare.give(right);
    return left;
  });
  return {
    async add(parts) {
      units++;
      const leaf = spare.take(vectorBytes(elements));
      let offset = 0;
      for (const part of parts) {
        const bytes = part.elements * Float32Array.BYTES_PER_ELEMENT;
        recorder().copyBufferToBuffer(part.buffer, 0, leaf, offset, bytes);
        offset += bytes;
      }
      fold.add(leaf);
    },
    async take() {
      const sum = fold.take()!;
      const finished = await finish(sum, units);
      spare.give(sum);
      return finished;
    },
  };
}
