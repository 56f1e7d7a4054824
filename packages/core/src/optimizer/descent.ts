import { canonical } from '../canonical.ts';

/**
 * params ← params − rate × direction. In Optax the learning rate is one more transformation; here it is the last step of
 * every optimizer, which saves a pass over memory and a rounding.
 */
export function descend(params: Float32Array, direction: Float32Array, rate: number): void {
  for (let i = 0; i < params.length; i++) params[i] = canonical(params[i]! - rate * direction[i]!);
}
