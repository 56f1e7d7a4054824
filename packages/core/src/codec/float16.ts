/**
 * IEEE 754 binary16: half the bytes, 11 significant bits, rounded to nearest and to even. A finite number stays finite:
 * what is beyond ±65,504 becomes that, and error feedback gives the rest later. NaN stays NaN, infinity infinity.
 *
 * 2 bytes an element, little endian.
 */

import { bitsOf, INFINITE, MAGNITUDE } from './float-bits.ts';
import type { Writing } from './lossy.ts';

export const FLOAT16_MAX = 65_504;

export const float16: Writing = {
  encodedBytes: (length) => length * 2,
  errorBound(vector) {
    const largest = vector.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    // Half a unit in the last place, of normal and of subnormal numbers; or what is cut off.
    return Math.max(2 ** -25, Math.min(largest, FLOAT16_MAX) * 2 ** -11, largest - FLOAT16_MAX);
  },
  write(vector, _seed, bytes) {
    const bits = bitsOf(vector);
    for (let i = 0; i < bits.length; i++) {
      const half = halfOf(bits[i]!, vector[i]!);
      bytes[2 * i] = half;
      bytes[2 * i + 1] = half >>> 8;
    }
  },
  read(bytes, vector) {
    const bits = bitsOf(vector);
    for (let i = 0; i < vector.length; i++) {
      const half = bytes[2 * i]! | (bytes[2 * i + 1]! << 8);
      const magnitude = half & 0x7fff;
      const sign = (half & 0x8000) << 16;
      if (magnitude < 0x0400) vector[i] = (sign === 0 ? magnitude : -magnitude) * 2 ** -24;
      else bits[i] = sign | ((magnitude << 13) + (magnitude < 0x7c00 ? REBIAS : 2 * REBIAS));
    }
    return undefined;
  },
};

/** As float32 bits: half way from 65,504 to what would come next: from here on nearest would be infinity. */
const TOO_LARGE = 0x477ff000;
/** 2⁻¹⁴, the smallest normal float16. */
const SMALLEST_NORMAL = 0x38800000;
/** The difference of the two biases of an exponent, 127 − 15, in its place. */
const REBIAS = 0x38000000;

function halfOf(bits: number, x: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & MAGNITUDE;
  if (magnitude >= INFINITE) return sign | (magnitude > INFINITE ? 0x7e00 : 0x7c00);
  if (magnitude >= TOO_LARGE) return sign | 0x7bff;
  // A subnormal counts units of 2⁻²⁴; above 2⁵² a float64 is whole, and the addition rounds to even.
  if (magnitude < SMALLEST_NORMAL) return sign | (Math.abs(x) * 2 ** 24 + 2 ** 52 - 2 ** 52);
  // A carry out of the mantissa goes into the exponent, where it belongs.
  return sign | ((magnitude - REBIAS + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}
