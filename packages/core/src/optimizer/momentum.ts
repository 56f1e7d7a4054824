/**
 * Momentum (Polyak, 1964) and Nesterov's variant, as a trace of past gradients:
 *
 *     b ← μb + g        update: b         plain
 *                       update: g + μb    Nesterov
 *
 * Sutskever et al. (2013) write v ← μv − ηg and look ahead *before* taking the gradient; shifting the parameters by
 * the look-ahead gives the form above, which needs one gradient at the parameters themselves, and is that of Optax,
 * PyTorch and TF.js. Keras keeps the learning rate inside: v ← μv − ηg. The two agree while η is constant; when a
 * schedule moves it, ours takes effect at once and Keras' only on gradients to come.
 */

import { canonical } from '../canonical.ts';
import type { Transformation } from './transformation.ts';

export interface MomentumConstants {
  /** μ, in [0, 1). */
  readonly momentum: number;
  readonly nesterov: boolean;
}

/** One slot: the trace b. */
export function trace(constants: MomentumConstants, loop = accumulate): Transformation {
  return { slots: 1, update: (updates, [b]) => loop(updates, b!, constants) };
}

/** Rewrites both in place. */
export function accumulate(updates: Float32Array, b: Float32Array, constants: MomentumConstants): void {
  const { momentum, nesterov } = constants;
  for (let i = 0; i < updates.length; i++) {
    const g = updates[i]!;
    const bNext = canonical(momentum * b[i]! + g);
    b[i] = bNext;
    updates[i] = nesterov ? g + momentum * bNext : bNext;
  }
}
