/**
 * Two devices of different classes round differently, so their answers to one block agree in no bit and yet are the same
 * gradient. Of the answer that was merged only this is kept: its length and a count sketch (Charikar, Chen and
 * Farach-Colton, 2002), in which every element is added, with a sign of its own, to one of 64 sums. Element and sum
 * are drawn by a hash of seed and place. The sketch is linear, and E‖S(z)‖² = ‖z‖² (the second moment of Alon, Matias and
 * Szegedy, 1996; Thorup and Zhang, 2004, for the sparse form), so the distance of two sketches stands for that of the vectors.
 *
 * Two answers agree when that distance is at most 1 % of the longer one. Rounding makes gradients differ by 1e-5 on layers
 * that we measured and by 1e-3 where large terms cancel, which leaves a factor of ten for what was not measured; the
 * relative variance of ‖S(z)‖² is at most 2/64, so honest noise of 1e-3 looks ten times longer than it is less than once in
 * a hundred thousand. Whoever scales, negates, zeroes or invents a gradient is off by far more than 1 %. The lengths are
 * compared too: they never differ by more than the vectors do, and they do not depend on luck.
 *
 * The seed is no secret, and somebody who knows it can construct a lie that the sketch does not see. It finds broken
 * devices and lazy liars; against others nothing but computing again by somebody who is trusted helps.
 */

export interface Sketch {
  /** Euclidean length of the vector, exact but for float64 rounding. */
  readonly norm: number;
  /** Signed sums of its elements. */
  readonly sums: Float64Array;
}

/** A part of the longer vector's length by which two answers to one block may differ between classes of device. */
export const SKETCH_TOLERANCE = 0.01;

/** Sums in a sketch, a power of two: half a kilobyte stands for a vector of any length. */
const SUMS = 64;
const SUM_BITS = Math.log2(SUMS);

/** A few milliseconds for a million elements; only reads `vector`. Sketches are compared only when their seeds are the same. */
export function sketch(vector: Float32Array, seed: number): Sketch {
  const sums = new Float64Array(SUMS);
  let squares = 0;
  for (let i = 0; i < vector.length; i++) {
    const x = vector[i]!;
    const draw = avalanche(i ^ seed);
    const at = draw >>> (32 - SUM_BITS);
    sums[at] = sums[at]! + ((draw & 1) === 0 ? x : -x);
    squares += x * x;
  }
  return { norm: Math.sqrt(squares), sums };
}

/** Whether two vectors are the same but for rounding, as far as their sketches can tell. */
export function sketchesAgree(a: Sketch, b: Sketch, tolerance = SKETCH_TOLERANCE): boolean {
  const allowed = tolerance * Math.max(a.norm, b.norm);
  if (Math.abs(a.norm - b.norm) > allowed) return false;
  let squares = 0;
  for (let i = 0; i < SUMS; i++) squares += (a.sums[i]! - b.sums[i]!) ** 2;
  return Math.sqrt(squares) <= allowed;
}

/** MurmurHash3's `fmix32` (Appleby, public domain): every bit of the place decides every bit of the draw. */
function avalanche(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
