/**
 * The learning rate as a function of the step, as data that a job carries. All rates are absolute numbers: no
 * schedule multiplies a rate that is written elsewhere, and a rate of 0 is 0.
 */

import { unreachable } from '../assert.ts';
import { power } from './power.ts';

export type Schedule = DecaySchedule | WarmupSchedule;

export type DecaySchedule =
  | { readonly kind: 'constant'; readonly value: number }
  /** initial × factor^⌊step / everySteps⌋. */
  | {
      readonly kind: 'step';
      readonly initial: number;
      readonly factor: number;
      readonly everySteps: number;
    }
  /** Half a cosine from `initial` to `final` over `overSteps` steps, then `final` (Loshchilov & Hutter, 2017, no restarts). */
  | {
      readonly kind: 'cosine';
      readonly initial: number;
      readonly final: number;
      readonly overSteps: number;
    };

/**
 * A straight line from `initial` to where `into` begins, over `overSteps` steps; then `into`, whose own steps count from
 * there. As in Optax and Keras the first step has the rate `initial`: from 0, it moves nothing.
 */
export interface WarmupSchedule {
  readonly kind: 'warmup';
  readonly initial: number;
  readonly overSteps: number;
  readonly into: DecaySchedule;
}

/** The learning rate of the update that follows `step` earlier ones. */
export function rateAt(schedule: Schedule, step: number): number {
  switch (schedule.kind) {
    case 'constant':
      return schedule.value;
    case 'step':
      return schedule.initial * power(schedule.factor, Math.floor(step / schedule.everySteps));
    case 'cosine': {
      const { initial, final, overSteps } = schedule;
      return final + (initial - final) * halfCosine(Math.min(1, step / overSteps));
    }
    case 'warmup': {
      const { initial, overSteps, into } = schedule;
      if (step >= overSteps) return rateAt(into, step - overSteps);
      return initial + (rateAt(into, 0) - initial) * (step / overSteps);
    }
    default:
      return unreachable(schedule);
  }
}

/**
 * (1 + cos πx) / 2 = cos²(πx/2) for x in [0, 1]. Math.cos is not the same in every engine, so the series is summed
 * here with + and × alone; on the angles up to π/4 that symmetry leaves, nine terms are exact to float64.
 */
function halfCosine(x: number): number {
  if (x > 0.5) return 1 - halfCosine(1 - x);
  const angle = (Math.PI / 2) * x;
  let cosine = 1;
  for (let n = 16; n > 0; n -= 2) cosine = 1 - (cosine * angle * angle) / (n * (n - 1));
  return cosine * cosine;
}
