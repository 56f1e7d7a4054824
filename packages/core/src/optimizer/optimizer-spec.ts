/**
 * An optimizer as data that a job carries. A stored spec is complete: every constant that decides the result stands in
 * it, so that a later release may change a default and no running job. What people write may leave out the constants
 * that a paper fixes (Adam's β₁, β₂, ε) and the clip; a learning rate, a momentum or a decay is never guessed.
 */

import { unreachable } from '../assert.ts';
import { type Check, type Kinds, number, oneOf, shown } from '../check.ts';
import { ADAM_CONSTANTS, type AdamConstants } from './adam.ts';
import type { Clip } from './clip.ts';
import type { MomentumConstants } from './momentum.ts';
import type { DecaySchedule, Schedule } from './schedule.ts';

export type OptimizerSpec = SgdSpec | MomentumSpec | AdamSpec | AdamwSpec;

interface StepSpec {
  readonly learningRate: Schedule;
  /** Of the mean gradient, before anything else. */
  readonly clip: Clip;
}

export interface SgdSpec extends StepSpec {
  readonly kind: 'sgd';
}

export interface MomentumSpec extends StepSpec, MomentumConstants {
  readonly kind: 'momentum';
}

export interface AdamSpec extends StepSpec, AdamConstants {
  readonly kind: 'adam';
}

/** `weightDecay` acts on every parameter, biases and normalization included. */
export interface AdamwSpec extends StepSpec, AdamConstants {
  readonly kind: 'adamw';
  readonly weightDecay: number;
}

/** A spec as people write it: a plain number is a constant learning rate. */
export type OptimizerOptions = Written<OptimizerSpec>;

type Written<Spec> = Spec extends OptimizerSpec
  ? Omit<Spec, keyof StepSpec | keyof AdamConstants> &
      Partial<Pick<Spec, keyof Spec & keyof AdamConstants>> & {
        readonly learningRate: number | Schedule;
        readonly clip?: Clip;
      }
  : never;

/** Fills in what was left out. Says nothing of whether the values make sense: that is `checkOptimizerSpec`. */
export function completeOptimizerSpec(options: OptimizerOptions): OptimizerSpec {
  const { learningRate: rate, clip = { kind: 'none' } } = options;
  const learningRate: Schedule = typeof rate === 'number' ? { kind: 'constant', value: rate } : rate;
  switch (options.kind) {
    case 'sgd':
    case 'momentum':
      return { ...options, learningRate, clip };
    case 'adam':
    case 'adamw':
      return { ...ADAM_CONSTANTS, ...options, learningRate, clip };
    default:
      return unreachable(options);
  }
}

/**
 * What is wrong with a complete spec, as one sentence, or undefined. Takes any plain data, so that a spec may come from
 * a file or a form: kinds, missing and unknown fields, types and ranges are all looked at.
 */
export function checkOptimizerSpec(spec: unknown): string | undefined {
  return optimizer(spec, 'optimizer');
}

const rate = number('0 or more', (x) => x >= 0);
const positive = number('above 0', (x) => x > 0);
const fraction = number('from 0 up to, but not including, 1', (x) => x >= 0 && x < 1);
const steps = number('a whole number from 1 on', (x) => Number.isSafeInteger(x) && x >= 1);
/** A square below 2⁻¹²⁶ counts as 0; a smaller ε would turn the gradients with such squares into leaps. */
const epsilon = number('1e-16 or more', (x) => x >= 1e-16);
const flag: Check = (value, at) =>
  typeof value === 'boolean' ? undefined : `${at} must be true or false, but is ${shown(value)}.`;

const decaySchedules: Kinds<DecaySchedule> = {
  constant: { value: rate },
  step: {
    initial: rate,
    factor: number('above 0 and at most 1', (x) => x > 0 && x <= 1),
    everySteps: steps,
  },
  cosine: { initial: rate, final: rate, overSteps: steps },
};
const learningRate = oneOf<Schedule>({
  ...decaySchedules,
  warmup: { initial: rate, overSteps: steps, into: oneOf<DecaySchedule>(decaySchedules) },
});
const clip = oneOf<Clip>({ none: {}, norm: { max: positive }, value: { max: positive } });
const step = { learningRate, clip };
const adam = { ...step, beta1: fraction, beta2: fraction, epsilon };
const optimizer = oneOf<OptimizerSpec>({
  sgd: step,
  momentum: { ...step, momentum: fraction, nesterov: flag },
  adam,
  adamw: { ...adam, weightDecay: rate },
});
