/** `core/codec/int8` as a WebGPU kernel: a workgroup takes a segment of 256 elements, and each of its threads a word of four. */

import { codecOf, hash32 } from '@manyhands/core';
import type { DeviceCodec } from './device-codec.ts';
import { createKernel } from './kernel.ts';

const SEGMENT = 256;
const WORDS = SEGMENT / 4;
/** Of a segment as it is sent: its largest magnitude, and a byte for each element. */
const SEGMENT_BYTES = 4 + SEGMENT;

const SOURCE = /* wgsl */ `
  @group(0) @binding(0) var<storage, read_write> vector: array<u32>;
  @group(0) @binding(1) var<storage, read_write> segments: array<u32>;
  @group(0) @binding(2) var<uniform> seeded: u32;

  var<workgroup> largest: atomic<u32>;

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

  @compute @workgroup_size(${WORDS})
  fn int8(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
  ) {
    let elements = arrayLength(&vector);
    for (var segment = group.x; segment * ${SEGMENT}u < elements; segment += groups.x) {
      let first = segment * ${SEGMENT}u + 4u * thread;
      let end = min(first + 4u, elements);
      if (thread == 0u) { atomicStore(&largest, 0u); }
      workgroupBarrier();
      var own = 0u;
      for (var i = first; i < end; i++) { own = max(own, vector[i] & 0x7fffffffu); }
      atomicMax(&largest, own);
      workgroupBarrier();
      let m = atomicLoad(&largest);
      workgroupBarrier();
      let finite = m < 0x7f800000u;
      let at = segment * ${1 + WORDS}u;
      if (thread == 0u) { segments[at] = select(0x7fc00000u, m, finite); }
      var word = 0u;
      for (var i = first; i < end && finite && m > 0u; i++) {
        let code = code_of(vector[i], m, hash_on(seeded, i));
        word |= (bitcast<u32>(code) & 0xffu) << (8u * (i - first));
        vector[i] = bitcast<u32>(bitcast<f32>(vector[i]) - f32(code) * (bitcast<f32>(m) / 127f));
      }
      if (first < end) { segments[at + 1u + thread] = word; }
    }
  }
`;

export function createInt8(gpu: GPUDevice): DeviceCodec {
  const kernel = createKernel(gpu, 'int8', SOURCE);
  const seeded = gpu.createBuffer({ size: 4, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  const { encodedBytes } = codecOf({ kind: 'int8' });
  const readBytes = (elements: number) => 4 * Math.ceil(encodedBytes(elements) / 4);
  return {
    readBytes,
    encode(encoder, vector, elements, seed, read) {
      gpu.queue.writeBuffer(seeded, 0, Uint32Array.of(hash32(seed)));
      kernel(
        encoder,
        Math.ceil(elements / SEGMENT),
        { buffer: vector, size: 4 * elements },
        { buffer: read, size: readBytes(elements) },
        { buffer: seeded },
      );
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
