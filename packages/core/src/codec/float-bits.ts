/** Float32 as bits: as whole numbers, magnitudes are in the order of the numbers that they stand for. */

/** The same elements, in the same memory. */
export function bitsOf(vector: Float32Array): Int32Array {
  return new Int32Array(vector.buffer, vector.byteOffset, vector.length);
}

/** All bits but the sign. */
export const MAGNITUDE = 0x7fffffff;

/** The magnitude of infinity: what is above it is NaN. */
export const INFINITE = 0x7f800000;

export function magnitudeOf(bits: number): number {
  return new Float32Array(Int32Array.of(bits).buffer)[0]!;
}
