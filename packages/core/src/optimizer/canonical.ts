/** The smallest normal float32, 2⁻¹²⁶. */
const SMALLEST_NORMAL = 1.1754943508222875e-38;

/**
 * Subnormals and −0 become +0, as in a reduction: parameters go to GPUs, which may flush both, and arithmetic on a
 * subnormal moment can be a hundred times slower than on zero. NaN and infinity pass through.
 */
export function canonical(x: number): number {
  // One comparison whose outcome does not depend on the sign: with two, the branch predictor fails on every other element.
  return Math.abs(x) < SMALLEST_NORMAL ? 0 : x;
}
