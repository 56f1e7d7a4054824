/**
 * `merge` of core/reduction as a WebGPU kernel: left ← left + right in canonical form. It makes its inputs canonical too,
 * so that leaves need no pass of their own on the device. The vectors are bound as u32, because a GPU may flush a
 * subnormal or drop the sign of zero the moment it is loaded as a float; whether a number is one of them is asked of its
 * exponent bits. The only float operation is the addition itself, which WGSL wants correctly rounded. Its reference is
 * `merge` in TypeScript, and a test compares the two bit for bit.
 */

import { createKernel } from './kernel.ts';

/** Encodes left ← left + right; both hold `vectorBytes(length)` bytes. `right` is only read. */
export type MergeKernel = (encoder: GPUCommandEncoder, left: GPUBuffer, right: GPUBuffer) => void;

/** Bytes of a buffer that holds `length` floats: the kernel moves four at a time. */
export function vectorBytes(length: number): number {
  return Math.ceil(length / 4) * 16;
}

const WORKGROUP_SIZE = 64;

const SOURCE = /* wgsl */ `
  @group(0) @binding(0) var<storage, read_write> left: array<vec4<u32>>;
  @group(0) @binding(1) var<storage, read> right: array<vec4<u32>>;

  // An exponent of zero marks a zero or a subnormal, of either sign: all of them become +0.
  fn canonical(bits: vec4<u32>) -> vec4<u32> {
    return select(bits, vec4<u32>(0u), (bits & vec4<u32>(0x7f800000u)) == vec4<u32>(0u));
  }

  @compute @workgroup_size(${WORKGROUP_SIZE})
  fn merge(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let stride = groups.x * ${WORKGROUP_SIZE}u;
    for (var i = id.x; i < arrayLength(&left); i += stride) {
      let a = bitcast<vec4<f32>>(canonical(left[i]));
      let b = bitcast<vec4<f32>>(canonical(right[i]));
      left[i] = canonical(bitcast<vec4<u32>>(a + b));
    }
  }
`;

/** Compiles the kernel for a device. */
export function createMergeKernel(device: GPUDevice): MergeKernel {
  const kernel = createKernel(device, 'merge', SOURCE);
  return (encoder, left, right) =>
    kernel(encoder, Math.ceil(left.size / 16 / WORKGROUP_SIZE), { buffer: left }, { buffer: right });
}
