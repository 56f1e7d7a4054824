/**
 * `count` of the numbers 0 … span − 1, in ascending order, as bytes: the code of Elias (1974) and Fano (1971). Of each
 * number the lowest l = ⌊log₂(span / count)⌋ bits are written as they are; what is above them grows slowly, so it is
 * written in unary, as the distance to the one before. That is l + 2 bits a number where span / count is a power of two, and
 * never l + 3; 64 of 4,096 take 8 bits each, plain ones would take 12, and no code could do with less than 7.3. How many bytes
 * there are depends on count and span alone.
 *
 *     upper: bit (number i >> l) + i is set, count + ((span − 1) >> l) bits | lower: l bits each
 *
 * Both start at a byte, and bits are counted from the lowest of each byte.
 */

import { packedBytes, readPacked, writePacked } from './packed-numbers.ts';

export function packedIndicesBytes(count: number, span: number): number {
  const low = lowBits(count, span);
  return upperBytes(count, span, low) + packedBytes(count, low);
}

/** Writes to bytes that are zeros. */
export function writeIndices(
  indices: Uint16Array,
  count: number,
  span: number,
  bytes: Uint8Array,
  at: number,
): void {
  const low = lowBits(count, span);
  for (let i = 0; i < count; i++) {
    const bit = (indices[i]! >>> low) + i;
    bytes[at + (bit >>> 3)]! |= 1 << (bit & 7);
  }
  writePacked(indices, count, low, bytes, at + upperBytes(count, span, low));
}

/** True when the bytes hold `count` ascending numbers below `span`: they are in `indices` then. */
export function readIndices(
  bytes: Uint8Array,
  at: number,
  count: number,
  span: number,
  indices: Uint16Array,
): boolean {
  const low = lowBits(count, span);
  const lowerAt = at + upperBytes(count, span, low);
  readPacked(bytes, lowerAt, count, low, indices);
  let found = 0;
  let before = -1;
  for (let byteAt = at; byteAt < lowerAt; byteAt++) {
    // One turn for each bit that is set, lowest first.
    for (let rest = bytes[byteAt]!; rest !== 0; rest &= rest - 1) {
      const bit = (byteAt - at) * 8 + 31 - Math.clz32(rest & -rest);
      if (found === count) return false;
      const index = ((bit - found) << low) | indices[found]!;
      if (index <= before || index >= span) return false;
      indices[found++] = index;
      before = index;
    }
  }
  return found === count;
}

function lowBits(count: number, span: number): number {
  return 31 - Math.clz32(Math.floor(span / count));
}

function upperBytes(count: number, span: number, low: number): number {
  return Math.ceil((count + ((span - 1) >>> low)) / 8);
}
