/**
 * WASM sees nothing but its own linear memory, and a vector that is copied in and out for one pass costs as much as the
 * pass saves. So vectors live there: `room` hands out views of it, parameters and slots stay for good, a contribution is
 * put there once and is added there. The memory has its full size from the start, for to let it grow would take every
 * view away; a system maps what is touched, and nothing of the rest.
 *
 * Each loop takes what lies in linear memory, as many elements as its steps come out even with, and leaves the rest to
 * the plain loop: the last few, or, of vectors that lie elsewhere, all.
 */

import { assert, type Loops, plainLoops } from '@manyhands/core';
import { COMPILED } from './compiled.ts';

/** Encoded bytes pass through here, piece by piece. */
const CODES_BYTES = 65_536;
/** So that no end of a vector is 2³². */
const BYTES_MAX = 2 ** 32 - 2 ** 16;

const INT8_SEGMENT = 256;
const INT8_SEGMENT_BYTES = 4 + INT8_SEGMENT;

/** Bytes that `room` takes for a vector of so many elements. */
export function roomBytes(length: number): number {
  return Math.ceil(length / 4) * 16;
}

/**
 * Loops with room for vectors of so many bytes, or for as many of them as 4 GiB hold. Undefined where there is no
 * WebAssembly with SIMD, or no such memory to be had.
 */
export function createSimdLoops(bytes: number): Loops | undefined {
  const memoryBytes = Math.min(CODES_BYTES + bytes, BYTES_MAX);
  const pages = Math.ceil(memoryBytes / 2 ** 16);
  const started = start(pages);
  if (started === undefined) return undefined;
  const { wasm, buffer } = started;
  const codes = new Uint8Array(buffer, 0, CODES_BYTES);

  const free = new Map<number, number[]>();
  const taken = new Set<number>();
  let end = CODES_BYTES;

  function place(length: number): number | undefined {
    const again = free.get(length)?.pop();
    if (again !== undefined) return again;
    if (length === 0 || end + roomBytes(length) > buffer.byteLength) return undefined;
    end += roomBytes(length);
    return end - roomBytes(length);
  }

  /** Elements of all of these that SIMD takes. */
  function even(...vectors: readonly Float32Array[]): number {
    let length = Number.POSITIVE_INFINITY;
    for (const vector of vectors) length = Math.min(length, vector.buffer === buffer ? vector.length : 0);
    return length - (length % 4);
  }

  return {
    room(length) {
      const at = place(length);
      if (at === undefined) return undefined;
      taken.add(at);
      return new Float32Array(buffer, at, length);
    },
    free(vector) {
      if (vector.buffer !== buffer) return false;
      assert(taken.delete(vector.byteOffset), 'loops.free', 'this room is free already');
      const places = free.get(vector.length);
      if (places === undefined) free.set(vector.length, [vector.byteOffset]);
      else places.push(vector.byteOffset);
      return true;
    },
    canonicalize(vector) {
      const n = even(vector);
      return wasm.canonicalize(vector.byteOffset, n) !== 0 && plainLoops.canonicalize(vector.subarray(n));
    },
    merge(left, right) {
      const n = even(left, right);
      wasm.merge(left.byteOffset, right.byteOffset, n);
      plainLoops.merge(left.subarray(n), right.subarray(n));
    },
    mergeNewcomer(newcomer, held) {
      const n = even(newcomer, held);
      return (
        wasm.mergeNewcomer(newcomer.byteOffset, held.byteOffset, n) !== 0 &&
        plainLoops.mergeNewcomer(newcomer.subarray(n), held.subarray(n))
      );
    },
    readFloat16(bytes, vector) {
      const n = even(vector);
      const piece = CODES_BYTES / 2;
      for (let at = 0; at < n; at += piece) {
        const count = Math.min(piece, n - at);
        codes.set(bytes.subarray(2 * at, 2 * (at + count)));
        wasm.readFloat16(0, vector.byteOffset + 4 * at, count);
      }
      return plainLoops.readFloat16(bytes.subarray(2 * n), vector.subarray(n));
    },
    readInt8(bytes, vector) {
      const segments = Math.floor(even(vector) / INT8_SEGMENT);
      const piece = Math.floor(CODES_BYTES / INT8_SEGMENT_BYTES);
      for (let at = 0; at < segments; at += piece) {
        const count = Math.min(piece, segments - at);
        codes.set(bytes.subarray(INT8_SEGMENT_BYTES * at, INT8_SEGMENT_BYTES * (at + count)));
        wasm.readInt8(0, vector.byteOffset + 4 * INT8_SEGMENT * at, INT8_SEGMENT * count);
      }
      return plainLoops.readInt8(
        bytes.subarray(INT8_SEGMENT_BYTES * segments),
        vector.subarray(INT8_SEGMENT * segments),
      );
    },
    adam(updates, m, v, step) {
      const n = even(updates, m, v);
      const { beta1, beta2, epsilon, correction1, correction2 } = step;
      const [u, first, second] = [updates.byteOffset, m.byteOffset, v.byteOffset];
      wasm.adam(u, first, second, n, beta1, beta2, epsilon, correction1, correction2);
      plainLoops.adam(updates.subarray(n), m.subarray(n), v.subarray(n), step);
    },
    accumulate(updates, b, constants) {
      const n = even(updates, b);
      const { momentum, nesterov } = constants;
      wasm.accumulate(updates.byteOffset, b.byteOffset, n, momentum, nesterov ? 1 : 0);
      plainLoops.accumulate(updates.subarray(n), b.subarray(n), constants);
    },
    decay(updates, params, weightDecay) {
      const n = even(updates, params);
      wasm.decay(updates.byteOffset, params.byteOffset, n, weightDecay);
      plainLoops.decay(updates.subarray(n), params.subarray(n), weightDecay);
    },
    descend(params, direction, rate) {
      const n = even(params, direction);
      wasm.descend(params.byteOffset, direction.byteOffset, n, rate);
      plainLoops.descend(params.subarray(n), direction.subarray(n), rate);
    },
  };
}

/** The exports of `assembly/loops.ts`. Vectors are addresses; of no elements, an address may be anything. */
interface Wasm {
  canonicalize(vector: number, count: number): number;
  merge(left: number, right: number, count: number): void;
  mergeNewcomer(newcomer: number, held: number, count: number): number;
  readFloat16(bytes: number, vector: number, count: number): void;
  readInt8(bytes: number, vector: number, count: number): void;
  adam(
    updates: number,
    m: number,
    v: number,
    count: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    correction1: number,
    correction2: number,
  ): void;
  accumulate(updates: number, b: number, count: number, momentum: number, nesterov: number): void;
  decay(updates: number, params: number, count: number, weightDecay: number): void;
  descend(params: number, direction: number, count: number, rate: number): void;
}

/** Machines differ in what they lack, and say so with an exception of some kind. */
function start(pages: number): { readonly wasm: Wasm; readonly buffer: ArrayBuffer } | undefined {
  try {
    const bytes = Uint8Array.from(atob(COMPILED), (character) => character.charCodeAt(0));
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    return { wasm: exports as unknown as Wasm, buffer: memory.buffer };
  } catch {
    return undefined;
  }
}
