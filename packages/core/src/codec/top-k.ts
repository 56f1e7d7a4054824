/**
 * Only the largest of every 4,096 elements, as in SparseLoCo (2025) and, before it, deep gradient compression (Lin et al., 2018):
 * a fixed number of each segment, so that the size is known beforehand, no selection is larger than a processor's first cache, and
 * a small tensor is not silenced by a large one far away. What is left out is 0, and comes later by error feedback: without it this codec
 * is biased, and is no use.
 *
 * Values of 32 bits are exact. Fewer, 2 to 8, are a sign and a magnitude, which is one of 2^(bits − 1) even steps from the least
 * kept magnitude of the segment to the greatest, whichever is nearest. Nearest and not by chance: what error feedback is wrapped around must
 * never be further from a vector than 0 is, or residuals grow. A nearest step is not, whereas chance between two steps that
 * are far apart is (docs/decisions/0015).
 *
 *     segment: values of 32 bits:   f32 each        | packed indices
 *              fewer:  least f32 | greatest f32     | packed indices | sign and step, `bits` each
 *
 * Bytes for 4,096 elements, which are 16,384 as float32:
 *
 *     kept   indices    2 bits         4 bits         8 bits         32 bits
 *      128       112       152  108×      184   89×      248   66×      624   26×
 *       64        64        88  186×      104  158×      136  120×      320   51×
 *       32        36        52  315×       60  273×       76  216×      164  100×
 *       16        20        32  512×       36  455×       44  372×       84  195×
 *
 * The last segment is shorter and keeps the same share, rounded up. A NaN or an infinity is larger than any number, so it is
 * kept; with fewer than 32 bits all that its segment keeps is NaN then.
 */

import type { CodecRefusal } from './codec.ts';
import type { TopK } from './codec-spec.ts';
import { bitsOf, magnitudeOf } from './float-bits.ts';
import { createSelection, type Selection, selectLargest, smallestTaken } from './largest.ts';
import type { Writing } from './lossy.ts';
import { packedIndicesBytes, readIndices, writeIndices } from './packed-indices.ts';
import { packedBytes, readPacked, writePacked } from './packed-numbers.ts';

const TOP_K_SEGMENT = 4_096;

export function topK(setting: TopK): Writing {
  return {
    encodedBytes(length) {
      const rest = length % TOP_K_SEGMENT;
      const whole = (length - rest) / TOP_K_SEGMENT;
      return whole * segmentBytes(setting, TOP_K_SEGMENT) + (rest === 0 ? 0 : segmentBytes(setting, rest));
    },
    errorBound(vector) {
      const selection = createSelection(TOP_K_SEGMENT);
      let bound = 0;
      for (let start = 0; start < vector.length; start += TOP_K_SEGMENT) {
        const segment = vector.subarray(start, start + TOP_K_SEGMENT);
        bound = Math.max(bound, segmentBound(setting, segment, selection));
      }
      return bound;
    },
    write(vector, _seed, bytes) {
      const selection = createSelection(TOP_K_SEGMENT);
      const room = createRoom(setting.kept);
      let at = 0;
      for (let start = 0; start < vector.length; start += TOP_K_SEGMENT) {
        const segment = vector.subarray(start, start + TOP_K_SEGMENT);
        selectLargest(bitsOf(segment), keptOf(setting, segment.length), selection, room.indices);
        writeSegment(setting, segment, bytes, at, room);
        at += segmentBytes(setting, segment.length);
      }
    },
    read(bytes, vector) {
      const room = createRoom(setting.kept);
      let at = 0;
      for (let start = 0; start < vector.length; start += TOP_K_SEGMENT) {
        const segment = vector.subarray(start, start + TOP_K_SEGMENT);
        const refusal = readSegment(setting, bytes, at, segment, room);
        if (refusal !== undefined) return refusal;
        at += segmentBytes(setting, segment.length);
      }
      return undefined;
    },
  };
}

/** How many elements are kept of a vector of this length. */
export function keptIn(setting: TopK, length: number): number {
  const rest = length % TOP_K_SEGMENT;
  return ((length - rest) / TOP_K_SEGMENT) * setting.kept + keptOf(setting, rest);
}

/** What is kept of a vector, ascending: as many elements of each segment as the setting says. */
export interface Kept {
  readonly values: Float32Array;
  /** Of each within its segment. */
  readonly indices: Uint32Array;
}

/**
 * The bytes of a vector of this length whose largest elements somebody else has selected, and what rounding left out of each of
 * them; undefined where they are exact.
 */
export function encodeKept(
  setting: TopK,
  length: number,
  kept: Kept,
): { readonly bytes: Uint8Array; readonly leftOut: Float32Array | undefined } {
  const bytes = new Uint8Array(topK(setting).encodedBytes(length));
  const leftOut = setting.bits === 32 ? undefined : new Float32Array(kept.values.length);
  const room = createRoom(setting.kept);
  const given = new Float32Array(TOP_K_SEGMENT);
  const read = new Float32Array(TOP_K_SEGMENT);
  let first = 0;
  let at = 0;
  for (let start = 0; start < length; start += TOP_K_SEGMENT) {
    const segment = Math.min(TOP_K_SEGMENT, length - start);
    const end = first + keptOf(setting, segment);
    for (let i = first; i < end; i++) {
      room.indices[i - first] = kept.indices[i]!;
      given[kept.indices[i]!] = kept.values[i]!;
    }
    writeSegment(setting, given.subarray(0, segment), bytes, at, room);
    if (leftOut !== undefined) {
      readSegment(setting, bytes, at, read.subarray(0, segment), room);
      for (let i = first; i < end; i++) leftOut[i] = kept.values[i]! - read[kept.indices[i]!]!;
    }
    at += segmentBytes(setting, segment);
    first = end;
  }
  return { bytes, leftOut };
}

/** Room for one segment after the other. */
interface Room {
  readonly indices: Uint16Array;
  readonly codes: Uint16Array;
}

function createRoom(kept: number): Room {
  return { indices: new Uint16Array(kept), codes: new Uint16Array(kept) };
}

function keptOf({ kept }: TopK, length: number): number {
  return Math.ceil((kept * length) / TOP_K_SEGMENT);
}

function segmentBytes(setting: TopK, length: number): number {
  const count = keptOf(setting, length);
  const values = setting.bits === 32 ? 4 * count : RANGE_BYTES + packedBytes(count, setting.bits);
  return values + packedIndicesBytes(count, length);
}

/** Least and greatest magnitude. */
const RANGE_BYTES = 8;

/** The elements at these indices. */
function writeSegment(setting: TopK, segment: Float32Array, bytes: Uint8Array, at: number, room: Room): void {
  const { indices } = room;
  const count = keptOf(setting, segment.length);
  if (setting.bits === 32) {
    const bits = bitsOf(segment);
    const view = viewOf(bytes);
    for (let i = 0; i < count; i++) view.setInt32(at + 4 * i, bits[indices[i]!]!, true);
    writeIndices(indices, count, segment.length, bytes, at + 4 * count);
  } else {
    writeIndices(indices, count, segment.length, bytes, at + RANGE_BYTES);
    const codesAt = at + RANGE_BYTES + packedIndicesBytes(count, segment.length);
    writeRounded(setting.bits, segment, count, bytes, at, codesAt, room);
  }
}

/** Least, greatest, and a sign and step for each kept value. */
function writeRounded(
  bits: number,
  segment: Float32Array,
  count: number,
  bytes: Uint8Array,
  rangeAt: number,
  codesAt: number,
  { indices, codes }: Room,
): void {
  let least = Infinity;
  let greatest = 0;
  for (let i = 0; i < count; i++) {
    const magnitude = Math.abs(segment[indices[i]!]!);
    least = Math.min(least, magnitude);
    greatest = Math.max(greatest, magnitude);
  }
  const range = greatest - least;
  const finite = greatest - greatest === 0;
  const view = viewOf(bytes);
  view.setFloat32(rangeAt, finite ? least : Number.NaN, true);
  view.setFloat32(rangeAt + 4, finite ? greatest : Number.NaN, true);
  if (!finite) return;
  const steps = stepsOf(bits);
  for (let i = 0; i < count; i++) {
    const x = segment[indices[i]!]!;
    const step = range > 0 ? Math.floor(((Math.abs(x) - least) * steps) / range + 0.5) : 0;
    codes[i] = x < 0 ? step | (steps + 1) : step;
  }
  writePacked(codes, count, bits, bytes, codesAt);
}

function readSegment(
  setting: TopK,
  bytes: Uint8Array,
  at: number,
  segment: Float32Array,
  { indices, codes }: Room,
): CodecRefusal | undefined {
  segment.fill(0);
  const count = keptOf(setting, segment.length);
  const view = viewOf(bytes);
  if (setting.bits === 32) {
    if (!readIndices(bytes, at + 4 * count, count, segment.length, indices)) return 'wrong-indices';
    const bits = bitsOf(segment);
    for (let i = 0; i < count; i++) bits[indices[i]!] = view.getInt32(at + 4 * i, true);
    return undefined;
  }
  const indicesAt = at + RANGE_BYTES;
  if (!readIndices(bytes, indicesAt, count, segment.length, indices)) return 'wrong-indices';
  readPacked(bytes, indicesAt + packedIndicesBytes(count, segment.length), count, setting.bits, codes);
  const least = view.getFloat32(at, true);
  const steps = stepsOf(setting.bits);
  const step = (view.getFloat32(at + 4, true) - least) / steps;
  for (let i = 0; i < count; i++) {
    const magnitude = least + step * (codes[i]! & steps);
    segment[indices[i]!] = codes[i]! > steps ? -magnitude : magnitude;
  }
  return undefined;
}

/** One bit is the sign; the others count from the least magnitude to the greatest. */
function stepsOf(bits: number): number {
  return 2 ** (bits - 1) - 1;
}

function segmentBound(setting: TopK, segment: Float32Array, selection: Selection): number {
  const bits = bitsOf(segment);
  const count = keptOf(setting, segment.length);
  const nth = (n: number) => magnitudeOf(smallestTaken(bits, n, selection).magnitude);
  const leftOut = count < segment.length ? nth(count + 1) : 0;
  if (setting.bits === 32) return leftOut;
  const greatest = nth(1);
  // Half a step, and the rounding to float32.
  const rounding = (greatest - nth(count)) / stepsOf(setting.bits) / 2 + greatest * 2 ** -23 + 2 ** -149;
  return Math.max(leftOut, rounding);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
