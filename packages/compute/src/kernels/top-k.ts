/**
 * The selection of `core/codec/top-k` as a WebGPU kernel. A workgroup takes a segment of 4,096 elements, and each of its threads
 * 64 neighbours. The threshold is found by radix select, as in `core/codec/largest`, in four digits of eight bits: counted by all, looked
 * through by one. Then all know how much is kept before them, and what is kept goes to its place, ascending.
 *
 * What is kept is read back as it is, 8 bytes each, and core rounds and packs it: at 64 of 4,096 a thirty-second of float32, and a quarter
 * at 512. So the bytes are those of core. What rounding leaves out goes back to the device.
 */

import { encodeKept, keptIn, type TopK } from '@manyhands/core';
import type { DeviceCodec } from './device-codec.ts';
import { createKernel } from './kernel.ts';

const SEGMENT = 4_096;
/** Few, for they wait for each other some fifteen times. */
const THREADS = 64;
const DIGITS = 256;

const SOURCE = /* wgsl */ `
  @group(0) @binding(0) var<storage, read_write> vector: array<u32>;
  // All values and then all indices, each within its segment.
  @group(0) @binding(1) var<storage, read_write> found: array<u32>;
  @group(0) @binding(2) var<uniform> kept: u32;

  var<workgroup> counts: array<atomic<u32>, ${DIGITS}>;
  var<workgroup> threshold: u32;
  // How many of exactly the threshold are kept: the first of them.
  var<workgroup> equal_kept: u32;

  @compute @workgroup_size(${THREADS})
  fn select_largest(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
  ) {
    let elements = arrayLength(&vector);
    for (var start = group.x * ${SEGMENT}u; start < elements; start += groups.x * ${SEGMENT}u) {
      let length = min(${SEGMENT}u, elements - start);
      let first = start + thread * ${SEGMENT / THREADS}u;
      let end = min(first + ${SEGMENT / THREADS}u, elements);
      if (thread == 0u) {
        threshold = 0u;
        equal_kept = (kept * length + ${SEGMENT - 1}u) / ${SEGMENT}u;
      }
      var above = 0u;
      for (var shift = 24u; shift < 32u; shift -= 8u) {
        for (var digit = thread; digit < ${DIGITS}u; digit += ${THREADS}u) { atomicStore(&counts[digit], 0u); }
        workgroupBarrier();
        for (var i = first; i < end; i++) {
          let magnitude = vector[i] & 0x7fffffffu;
          if ((magnitude & above) == threshold) { atomicAdd(&counts[(magnitude >> shift) & 255u], 1u); }
        }
        workgroupBarrier();
        if (thread == 0u) {
          var digit = 255u;
          var left = equal_kept;
          for (var count = atomicLoad(&counts[digit]); count < left; count = atomicLoad(&counts[digit])) {
            left -= count;
            digit--;
          }
          equal_kept = left;
          threshold |= digit << shift;
        }
        workgroupBarrier();
        above |= 255u << shift;
      }
      // Larger ones in the lower half of the word, equal ones in the upper.
      var own = 0u;
      for (var i = first; i < end; i++) {
        let magnitude = vector[i] & 0x7fffffffu;
        own += select(0u, 1u, magnitude > threshold) + select(0u, 0x10000u, magnitude == threshold);
      }
      atomicStore(&counts[thread], own);
      workgroupBarrier();
      if (thread == 0u) {
        var before = 0u;
        for (var other = 0u; other < ${THREADS}u; other++) { before += atomicExchange(&counts[other], before); }
      }
      workgroupBarrier();
      let before = atomicLoad(&counts[thread]);
      let entries = arrayLength(&found) / 2u;
      var equal = before >> 16u;
      var at = start / ${SEGMENT}u * kept + (before & 0xffffu) + min(equal, equal_kept);
      for (var i = first; i < end; i++) {
        let magnitude = vector[i] & 0x7fffffffu;
        let is_equal = magnitude == threshold;
        if (magnitude > threshold || (is_equal && equal < equal_kept)) {
          found[at] = vector[i];
          found[entries + at] = i - start;
          vector[i] = 0u;
          at++;
        }
        equal += select(0u, 1u, is_equal);
      }
      workgroupBarrier();
    }
  }
`;

export function createTopK(gpu: GPUDevice, setting: TopK): DeviceCodec {
  const kernel = createKernel(gpu, 'select_largest', SOURCE);
  const kept = gpu.createBuffer({ size: 4, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  gpu.queue.writeBuffer(kept, 0, Uint32Array.of(setting.kept));
  const readBytes = (elements: number) => 8 * keptIn(setting, elements);
  return {
    readBytes,
    encode(encoder, vector, elements, _seed, read) {
      kernel(
        encoder,
        Math.ceil(elements / SEGMENT),
        { buffer: vector, size: 4 * elements },
        { buffer: read, size: readBytes(elements) },
        { buffer: kept },
      );
    },
    finish(read, elements) {
      const entries = keptIn(setting, elements);
      const values = new Float32Array(read, 0, entries);
      const within = new Uint32Array(read, 4 * entries, entries);
      const { bytes, leftOut } = encodeKept(setting, elements, { values, indices: within });
      const finite = values.every(Number.isFinite);
      if (leftOut === undefined) return { bytes, finite, rounded: undefined };
      const indices = within.map((index, entry) => Math.floor(entry / setting.kept) * SEGMENT + index);
      return { bytes, finite, rounded: { indices, values: leftOut } };
    },
  };
}
