import type { Transformation } from './transformation.ts';

/**
 * Decoupled weight decay (Loshchilov & Hutter, 2019): behind Adam in the chain, so that the decay is not divided by
 * √v̂; in front of it, it would be L2 regularization. The learning rate then multiplies both, as in Optax, PyTorch and
 * Keras; in the paper the decay follows the schedule but not the base rate: their λ is our `weightDecay` × that rate.
 */
export function addDecayedWeights(weightDecay: number, loop = decay): Transformation {
  return { slots: 0, update: (updates, _slots, { params }) => loop(updates, params, weightDecay) };
}

export function decay(updates: Float32Array, params: Float32Array, weightDecay: number): void {
  for (let i = 0; i < updates.length; i++) updates[i] = updates[i]! + weightDecay * params[i]!;
}
