/**
 * Signed bytes with a scale for each segment of 256 elements, as in QSGD (Alistarh et al., 2017) with buckets. Where m is
 * the largest magnitude of its segment, an element x becomes ⌊127 x / m + u⌋, and is read as m / 127 times that. u is drawn evenly from
 * [0, 1), so that on average over u nothing is lost and nothing invented; it is a function of seed and place.
 *
 *     segment: m f32 | i8 for each element           260 bytes for 256 elements, 3.94 times less than float32
 *
 * ±m itself is exact, and so nothing finite becomes infinite. Of a segment that holds a NaN or an infinity m is NaN, and
 * all of it is NaN when it is read.
 */

import { hash32, hashOn } from '../random.ts';
import { bitsOf, INFINITE, MAGNITUDE, magnitudeOf } from './float-bits.ts';
import type { Writing } from './lossy.ts';

const INT8_SEGMENT = 256;

const SEGMENT_BYTES = 4 + INT8_SEGMENT;

export const int8: Writing = {
  encodedBytes: (length) => 4 * Math.ceil(length / INT8_SEGMENT) + length,
  errorBound(vector) {
    let bound = 0;
    for (let start = 0; start < vector.length; start += INT8_SEGMENT) {
      const segment = vector.subarray(start, start + INT8_SEGMENT);
      const largest = segment.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
      // One step, and the rounding to float32.
      bound = Math.max(bound, largest / 127 + largest * 2 ** -23 + 2 ** -149);
    }
    return bound;
  },
  write(vector, seed, bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const codes = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const bits = bitsOf(vector);
    const seeded = hash32(seed);
    for (let start = 0, at = 0; start < vector.length; start += INT8_SEGMENT, at += SEGMENT_BYTES) {
      const end = Math.min(start + INT8_SEGMENT, vector.length);
      const largest = largestOf(bits, start, end);
      view.setFloat32(at, largest, true);
      if (!(largest > 0)) continue;
      for (let i = start; i < end; i++) {
        const u = hashOn(seeded, i) / 2 ** 32;
        codes[at + 4 + i - start] = Math.floor((vector[i]! * 127) / largest + u);
      }
    }
  },
  read(bytes, vector) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const codes = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let start = 0, at = 0; start < vector.length; start += INT8_SEGMENT, at += SEGMENT_BYTES) {
      const end = Math.min(start + INT8_SEGMENT, vector.length);
      const step = view.getFloat32(at, true) / 127;
      for (let i = start; i < end; i++) vector[i] = codes[at + 4 + i - start]! * step;
    }
    return undefined;
  },
};

/** The largest magnitude; NaN where one is not finite. */
function largestOf(bits: Int32Array, start: number, end: number): number {
  let largest = 0;
  for (let i = start; i < end; i++) largest = Math.max(largest, bits[i]! & MAGNITUDE);
  return largest < INFINITE ? magnitudeOf(largest) : Number.NaN;
}
