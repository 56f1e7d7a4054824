/**
 * Training by itself on a WebGPU device: parameters, state and the memory of an optimizer stay in its buffers from step to step, and only
 * how far all units went is read. Loaded where a job asks for local steps.
 */

import { type ContributionShape, contributionLength, type OptimizerSpec } from '@manyhands/core';
import { createDescentKernels, type DescentBuffers, slotsOf } from './kernels/descent.ts';
import { vectorBytes } from './kernels/merge.ts';

export interface GpuDescent {
  /** Takes what the weights hold now for the start of all units to come; what units before came to is forgotten. */
  start(encoder: GPUCommandEncoder): void;
  /** A unit begins: at the start, with an optimizer that remembers nothing. */
  begin(encoder: GPUCommandEncoder): void;
  /** One step on the contribution of so many samples, which `taken` others came before. */
  step(encoder: GPUCommandEncoder, sum: GPUBuffer, samples: number, taken: number): void;
  /** The unit is over; its steps had so many samples. */
  end(encoder: GPUCommandEncoder, samples: number): void;
  /** What all units came to, as a contribution is laid out; it stays until the next start. */
  readonly sum: GPUBuffer;
  destroy(): void;
}

/** `params` and `state` hold the weights that the model computes with. */
export function createGpuDescent(
  gpu: GPUDevice,
  shape: ContributionShape,
  spec: OptimizerSpec,
  { params, state }: Pick<DescentBuffers, 'params' | 'state'>,
): GpuDescent {
  const own: GPUBuffer[] = [];
  const floats = (length: number) => {
    const buffer = gpu.createBuffer({
      label: 'manyhands descent',
      size: vectorBytes(length),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    own.push(buffer);
    return buffer;
  };
  const [startParams, startState, tail] = [floats(shape.params), floats(shape.state), floats(2)];
  const slots = Array.from({ length: slotsOf(spec) }, () => floats(shape.params));
  const sum = floats(contributionLength(shape));
  const kernels = createDescentKernels(gpu, shape, spec);
  const buffers = { params, state, tail, slots };
  const copies = [
    { live: params, kept: startParams, bytes: shape.params * Float32Array.BYTES_PER_ELEMENT },
    { live: state, kept: startState, bytes: shape.state * Float32Array.BYTES_PER_ELEMENT },
  ].filter(({ bytes }) => bytes > 0);
  let units = 0;
  return {
    sum,
    start(encoder) {
      units = 0;
      for (const { live, kept, bytes } of copies) encoder.copyBufferToBuffer(live, 0, kept, 0, bytes);
    },
    begin(encoder) {
      for (const { live, kept, bytes } of copies) encoder.copyBufferToBuffer(kept, 0, live, 0, bytes);
      for (const buffer of [tail, ...slots]) encoder.clearBuffer(buffer);
    },
    step: (encoder, contribution, samples, taken) =>
      kernels.descend(encoder, contribution, buffers, samples, taken),
    end: (encoder, samples) => kernels.depart(encoder, startParams, buffers, sum, samples, units++ === 0),
    destroy() {
      kernels.destroy();
      for (const buffer of own) buffer.destroy();
    },
  };
}
