/**
 * Clipping bounds what one bad batch can do. By norm (Pascanu, Mikolov & Bengio, 2013) the whole vector is shortened and
 * keeps its direction; by value every element is bounded by itself. The norm is that of the whole model, Optax's
 * `clip_by_global_norm` and Keras' `global_clipnorm`; Keras' `clipnorm` takes every tensor by itself and is another thing.
 */

import { unreachable } from '../assert.ts';
import { chain } from './chain.ts';
import type { Transformation } from './transformation.ts';

export type Clip =
  | { readonly kind: 'none' }
  | { readonly kind: 'norm'; readonly max: number }
  | { readonly kind: 'value'; readonly max: number };

export function clipBy(clip: Clip): Transformation {
  switch (clip.kind) {
    case 'none':
      return chain();
    case 'norm':
      return clipByGlobalNorm(clip.max);
    case 'value':
      return clipByValue(clip.max);
    default:
      return unreachable(clip);
  }
}

/** Shortens updates longer than `max` to a norm of `max`, but for the rounding of each element; leaves others alone. */
export function clipByGlobalNorm(max: number): Transformation {
  return {
    slots: 0,
    update(updates) {
      const norm = globalNorm(updates);
      if (norm <= max) return;
      const scale = max / norm;
      for (let i = 0; i < updates.length; i++) updates[i] = updates[i]! * scale;
    },
  };
}

/** Moves every element into [−max, max], `max` rounded to float32. */
export function clipByValue(max: number): Transformation {
  return {
    slots: 0,
    update(updates) {
      // Few elements are clipped, so two branches that are seldom taken beat Math.min and Math.max several times over.
      for (let i = 0; i < updates.length; i++) {
        if (updates[i]! > max) updates[i] = max;
        else if (updates[i]! < -max) updates[i] = -max;
      }
    },
  };
}

/** √Σx², summed in float64 in the order of the indices: every square is exact there, and none over- or underflows. */
export function globalNorm(vector: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i]! * vector[i]!;
  return Math.sqrt(sum);
}
