/** Puts elements into a vector, each at its index, as a WebGPU kernel: `vector[indices[i]] = values[i]`. */

import type { Scattered } from './device-codec.ts';
import { createKernel } from './kernel.ts';

const WORKGROUP_SIZE = 64;

const SOURCE = /* wgsl */ `
  @group(0) @binding(0) var<storage, read_write> vector: array<u32>;
  // All values and then all indices.
  @group(0) @binding(1) var<storage, read> elements: array<u32>;

  @compute @workgroup_size(${WORKGROUP_SIZE})
  fn scatter(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let count = arrayLength(&elements) / 2u;
    let stride = groups.x * ${WORKGROUP_SIZE}u;
    for (var i = id.x; i < count; i += stride) { vector[elements[count + i]] = elements[i]; }
  }
`;

/** Encodes it; `elements` are bytes as `scatteredBytes` says, and what that buffer holds beyond them is not looked at. */
export type ScatterKernel = (
  encoder: GPUCommandEncoder,
  vector: GPUBuffer,
  elements: GPUBuffer,
  count: number,
) => void;

export function createScatterKernel(device: GPUDevice): ScatterKernel {
  const kernel = createKernel(device, 'scatter', SOURCE);
  return (encoder, vector, elements, count) =>
    kernel(
      encoder,
      Math.ceil(count / WORKGROUP_SIZE),
      { buffer: vector },
      { buffer: elements, size: 8 * count },
    );
}

/** What the kernel reads. */
export function scatteredBytes({ indices, values }: Scattered): ArrayBuffer {
  const bytes = new ArrayBuffer(8 * indices.length);
  new Float32Array(bytes).set(values);
  new Uint32Array(bytes).set(indices, values.length);
  return bytes;
}
