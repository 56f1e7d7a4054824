/** `core/codec/float16` as a WebGPU kernel: two halves a word, packed without the feature `shader-f16`. */

import type { DeviceCodec } from './device-codec.ts';
import { createKernel } from './kernel.ts';

const WORKGROUP_SIZE = 64;

const SOURCE = /* wgsl */ `
  @group(0) @binding(0) var<storage, read_write> vector: array<u32>;
  @group(0) @binding(1) var<storage, read_write> halves: array<u32>;

  // To nearest and to even, as core does it.
  fn half_of(bits: u32) -> u32 {
    let sign = (bits >> 16u) & 0x8000u;
    let magnitude = bits & 0x7fffffffu;
    if (magnitude >= 0x7f800000u) { return sign | select(0x7c00u, 0x7e00u, magnitude > 0x7f800000u); }
    // Half way from 65,504 to what would come next.
    if (magnitude >= 0x477ff000u) { return sign | 0x7bffu; }
    if (magnitude >= 0x38800000u) { return sign | ((magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13u) & 1u)) >> 13u); }
    // A subnormal half counts units of 2⁻²⁴, and what is below half of one is none.
    let exponent = magnitude >> 23u;
    if (exponent < 102u) { return sign; }
    let mantissa = (magnitude & 0x7fffffu) | 0x800000u;
    let shift = 126u - exponent;
    return sign | ((mantissa + (1u << (shift - 1u)) - 1u + ((mantissa >> shift) & 1u)) >> shift);
  }

  fn number_of(half: u32) -> f32 {
    let magnitude = half & 0x7fffu;
    let normal = bitcast<f32>((magnitude << 13u) + 0x38000000u);
    let number = select(normal, f32(magnitude) * 0x1p-24f, magnitude < 0x0400u);
    return select(number, -number, (half & 0x8000u) != 0u);
  }

  fn take(i: u32) -> u32 {
    if (i >= arrayLength(&vector)) { return 0u; }
    let half = half_of(vector[i]);
    vector[i] = bitcast<u32>(bitcast<f32>(vector[i]) - number_of(half));
    return half;
  }

  @compute @workgroup_size(${WORKGROUP_SIZE})
  fn float16(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let stride = groups.x * ${WORKGROUP_SIZE}u;
    for (var word = id.x; word < arrayLength(&halves); word += stride) {
      halves[word] = take(2u * word) | (take(2u * word + 1u) << 16u);
    }
  }
`;

export function createFloat16(gpu: GPUDevice): DeviceCodec {
  const kernel = createKernel(gpu, 'float16', SOURCE);
  const words = (elements: number) => Math.ceil(elements / 2);
  return {
    readBytes: (elements) => 4 * words(elements),
    encode(encoder, vector, elements, _seed, read) {
      kernel(
        encoder,
        Math.ceil(words(elements) / WORKGROUP_SIZE),
        { buffer: vector, size: 4 * elements },
        { buffer: read, size: 4 * words(elements) },
      );
    },
    finish(read, elements) {
      const halves = new Uint16Array(read, 0, elements);
      return {
        bytes: new Uint8Array(read, 0, 2 * elements),
        finite: !halves.some((half) => (half & INFINITE) === INFINITE),
        rounded: undefined,
      };
    },
  };
}

/** The exponent of what is not finite. */
const INFINITE = 0x7c00;
