/**
 * Adam (Kingma & Ba, 2015, Algorithm 1): a step of about one learning rate for every parameter, whatever the scale of
 * its gradient.
 *
 *     m ← β₁m + (1 − β₁)g        m̂ = m / (1 − β₁ᵗ)
 *     v ← β₂v + (1 − β₂)g²       v̂ = v / (1 − β₂ᵗ)        update: m̂ / (√v̂ + ε)        t = 1, 2, …
 *
 * ε stands beside √v̂, after the bias correction, as in the paper's algorithm, Optax, PyTorch and TF.js. Keras has the
 * paper's other form, with an ε̂ that is not corrected: ε = ε̂ / √(1 − β₂ᵗ), the same in the long run. The two
 * corrections depend on the step alone: they are computed once a step and multiplied in as reciprocals.
 *
 * v holds squares: of |g| > 2⁶⁴ it overflows to infinity and the parameter stands still from then on. Where gradients
 * may be so large, clip.
 */

import { canonical } from '../canonical.ts';
import { power } from './power.ts';
import type { Transformation } from './transformation.ts';

export interface AdamConstants {
  /** β₁, in [0, 1): how long the mean gradient is remembered. */
  readonly beta1: number;
  /** β₂, in [0, 1): how long its square is. */
  readonly beta2: number;
  /** ε > 0. */
  readonly epsilon: number;
}

/** The constants that the paper fixes. */
export const ADAM_CONSTANTS: AdamConstants = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** The constants at one step. */
export interface AdamStep extends AdamConstants {
  /** 1 / (1 − β₁ᵗ). */
  readonly correction1: number;
  /** 1 / (1 − β₂ᵗ). */
  readonly correction2: number;
}

/** Two slots: the moments m and v. */
export function scaleByAdam(constants: AdamConstants, loop = adam): Transformation {
  return {
    slots: 2,
    update(updates, [m, v], { step }) {
      const correction1 = 1 / (1 - power(constants.beta1, step + 1));
      const correction2 = 1 / (1 - power(constants.beta2, step + 1));
      loop(updates, m!, v!, { ...constants, correction1, correction2 });
    },
  };
}

/** Rewrites all three in place. */
export function adam(updates: Float32Array, m: Float32Array, v: Float32Array, step: AdamStep): void {
  const { beta1, beta2, epsilon, correction1, correction2 } = step;
  for (let i = 0; i < updates.length; i++) {
    const g = updates[i]!;
    const mNext = canonical(beta1 * m[i]! + (1 - beta1) * g);
    const vNext = canonical(beta2 * v[i]! + (1 - beta2) * (g * g));
    m[i] = mNext;
    v[i] = vNext;
    updates[i] = (mNext * correction1) / (Math.sqrt(vNext * correction2) + epsilon);
  }
}
