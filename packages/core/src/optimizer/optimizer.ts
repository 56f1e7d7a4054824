/** An optimizer is a direction and a rate: params ← params − rate(step) × direction(gradient), one flat vector at a time. */

import { assert, unreachable } from '../assert.ts';
import { type Loops, plainLoops } from '../loops.ts';
import { scaleByAdam } from './adam.ts';
import { chain } from './chain.ts';
import { clipBy } from './clip.ts';
import { trace } from './momentum.ts';
import { checkOptimizerSpec, type OptimizerSpec } from './optimizer-spec.ts';
import { rateAt } from './schedule.ts';
import type { Transformation } from './transformation.ts';
import { addDecayedWeights } from './weight-decay.ts';

export interface Optimizer {
  /** Vectors of the parameters' length that it keeps between steps; they start as zeros. */
  readonly slots: number;
  /**
   * Applies one update in place; `step` counts the updates applied before. The caller owns all buffers: `params` and
   * `slots` hold the next step's afterwards, `gradientMean` (summed gradient ÷ samples) is used up. The bytes depend
   * on the arguments alone. Inputs must be finite; what they give may still overflow, when training diverges.
   */
  apply(params: Float32Array, gradientMean: Float32Array, slots: readonly Float32Array[], step: number): void;
}

/** The optimizer of a spec that `checkOptimizerSpec` has nothing against. */
export function createOptimizer(spec: OptimizerSpec, loops: Loops = plainLoops): Optimizer {
  const wrong = checkOptimizerSpec(spec);
  assert(wrong === undefined, 'optimizer.createOptimizer', wrong ?? '');
  const direction = directionOf(spec, loops);
  return {
    slots: direction.slots,
    apply(params, gradientMean, slots, step) {
      assert(
        slots.length === direction.slots,
        'optimizer.apply',
        `${spec.kind} keeps ${direction.slots} slots`,
      );
      for (const vector of [gradientMean, ...slots]) {
        assert(
          vector.length === params.length,
          'optimizer.apply',
          'all vectors must be as long as the parameters',
        );
      }
      direction.update(gradientMean, slots, { step, params });
      loops.descend(params, gradientMean, rateAt(spec.learningRate, step));
    },
  };
}

/** The slots of an optimizer before its first step, for parameters of this length. */
export function createSlots(optimizer: Optimizer, length: number): Float32Array[] {
  return Array.from({ length: optimizer.slots }, () => new Float32Array(length));
}

function directionOf(spec: OptimizerSpec, loops: Loops): Transformation {
  const clip = clipBy(spec.clip);
  switch (spec.kind) {
    case 'sgd':
      return clip;
    case 'momentum':
      return chain(clip, trace(spec, loops.accumulate));
    case 'adam':
      return chain(clip, scaleByAdam(spec, loops.adam));
    case 'adamw':
      return chain(clip, scaleByAdam(spec, loops.adam), addDecayedWeights(spec.weightDecay, loops.decay));
    default:
      return unreachable(spec);
  }
}
