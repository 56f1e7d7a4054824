/**
 * `core/codec/int8` as two WebGPU kernels: a thread finds the scale of a segment of 256 elements, and then each makes a word of four codes. A
 * plain loop costs less than threads that wait for each other, most of all where a processor plays the GPU.
 */

import { codecOf, hash32 } from '@manyhands/core';
import type { DeviceCodec } from './device-codec.ts';
import { createKernel } from './kernel.ts';

const WORKGROUP_SIZE = 64;
const SEGMENT = 256;
const WORDS = SEGMENT / 4;
/** Of a segment as it is sent: its largest magnitude, and a byte for each element. */
const SEGMENT_BYTES = 4 + SEGMENT;

const SOURCE = /* wgsl */ `
  @group(0) @binding(0) var<storage, read_write> vector: array<u32>;
  @group(0) @binding(1) var<storage, read_write> segments: array<u32>;
  @group(0) @binding(2) var<uniform> seeded: u32;

  // The finalizer of MurmurHash3, as in core/random.
  fn hash_on(hash: u32, word: u32) -> u32 {
    var h = (hash ^ word) * 0x85ebca6bu;
    h = (h ^ (h >> 13u)) * 0xc2b2ae35u;
    return (h ^ (h >> 16u)) + 0x9e3779b9u;
  }

  fn exponent_of(magnitude: u32) -> u32 { return max(magnitude >> 23u, 1u); }
  fn mantissa_of(magnitude: u32) -> u32 {
    return (magnitude & 0x7fffffu) | select(0u, 0x800000u, magnitude >= 0x800000u);
  }

  // ⌊127 x / m + u / 2³²⌋. The quotient by long division, with as many bits behind the point as u has: those that are cut off
  // would change one code in 2³², and what is 2³² times smaller than m is taken for 0.
  fn code_of(bits: u32, m: u32, u: u32) -> i32 {
    let magnitude = bits & 0x7fffffffu;
    let divisor = mantissa_of(m);
    let dividend = 127u * mantissa_of(magnitude);
    var whole = dividend / divisor;
    var rest = dividend % divisor;
    var fraction = 0u;
    for (var digit = 0; digit < 4; digit++) {
      fraction = (fraction << 8u) | ((rest << 8u) / divisor);
      rest = (rest << 8u) % divisor;
    }
    let shift = exponent_of(m) - exponent_of(magnitude);
    if (shift >= 32u) {
      fraction = 0u;
      whole = 0u;
    } else if (shift > 0u) {
      fraction = (fraction >> shift) | (whole << (32u - shift));
      whole >>= shift;
    }
    // Down, and not towards zero.
    if (bits >= 0x80000000u) { return -i32(whole + select(0u, 1u, u < fraction)); }
    return i32(whole + select(0u, 1u, fraction + u < fraction));
  }

  @compute @workgroup_size(${WORKGROUP_SIZE})
  fn int8_scales(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let elements = arrayLength(&vector);
    for (var segment = id.x; ${SEGMENT}u * segment < elements; segment += groups.x * ${WORKGROUP_SIZE}u) {
      let end = min(${SEGMENT}u * (segment + 1u), elements);
      var largest = 0u;
      for (var i = ${SEGMENT}u * segment; i < end; i++) { largest = max(largest, vector[i] & 0x7fffffffu); }
      segments[${1 + WORDS}u * segment] = select(0x7fc00000u, largest, largest < 0x7f800000u);
    }
  }

  @compute @workgroup_size(${WORKGROUP_SIZE})
  fn int8_codes(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let elements = arrayLength(&vector);
    for (var word = id.x; 4u * word < elements; word += groups.x * ${WORKGROUP_SIZE}u) {
      let at = word / ${WORDS}u * ${1 + WORDS}u;
      let m = segments[at];
      let has_codes = m > 0u && m < 0x7f800000u;
      let end = min(4u * word + 4u, elements);
      var codes = 0u;
      for (var i = 4u * word; i < end && has_codes; i++) {
        let code = code_of(vector[i], m, hash_on(seeded, i));
        codes |= (bitcast<u32>(code) & 0xffu) << (8u * (i % 4u));
        vector[i] = bitcast<u32>(bitcast<f32>(vector[i]) - f32(code) * (bitcast<f32>(m) / 127f));
      }
      segments[at + 1u + word % ${WORDS}u] = codes;
    }
  }
`;

export function createInt8(gpu: GPUDevice): DeviceCodec {
  const scales = createKernel(gpu, 'int8_scales', SOURCE);
  const codes = createKernel(gpu, 'int8_codes', SOURCE);
  const seeded = gpu.createBuffer({ size: 4, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  const { encodedBytes } = codecOf({ kind: 'int8' });
  const readBytes = (elements: number) => 4 * Math.ceil(encodedBytes(elements) / 4);
  return {
    readBytes,
    encode(encoder, vector, elements, seed, read) {
      gpu.queue.writeBuffer(seeded, 0, Uint32Array.of(hash32(seed)));
      const workgroups = (threads: number) => Math.ceil(threads / WORKGROUP_SIZE);
      const given = { buffer: vector, size: 4 * elements };
      const segments = { buffer: read, size: readBytes(elements) };
      scales(encoder, workgroups(elements / SEGMENT), given, segments);
      codes(encoder, workgroups(elements / 4), given, segments, { buffer: seeded });
    },
    finish(read, elements) {
      const view = new DataView(read);
      let finite = true;
      for (let at = 0; at < read.byteLength; at += SEGMENT_BYTES) {
        finite &&= !Number.isNaN(view.getFloat32(at, true));
      }
      return { bytes: new Uint8Array(read, 0, encodedBytes(elements)), finite, rounded: undefined };
    },
  };
}
