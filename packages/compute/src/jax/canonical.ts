/**
 * `merge` of core in jax-js: left + right in canonical form, where −0 and every number too small to be normal are +0. A
 * device that flushes subnormals compares zero with the bound, and another compares the number itself: both answer alike.
 */

import { numpy as np } from '@jax-js/jax';

const SMALLEST_NORMAL = 2 ** -126;

/** Takes `x` over. NaN stays what it is. */
export function canonical(x: np.Array): np.Array {
  return np.where(np.less(np.absolute(x.ref), SMALLEST_NORMAL), 0, x);
}

/** Of two vectors in canonical form, both taken over. */
export function mergeCanonical(left: np.Array, right: np.Array): np.Array {
  return canonical(left.add(right));
}
