/**
 * How a job trains: what one unit of work is, and when what came in becomes a new version. A strategy is data that a job
 * carries. Leases, deadlines, codecs, optimizers and checkpoints are the same for all of them.
 *
 * - `sync`: a unit is the gradient of its samples, and a version is made of a whole batch of units. Who computes a unit
 *   makes no difference to its bytes.
 * - `local`: a unit is some steps of training by itself. It begins at the parameters of the round with an inner optimizer
 *   that remembers nothing, and its answer is how far it went, `start − end`, times its samples. The mean of these, by samples, takes the
 *   place of the gradient: with an outer Nesterov step this is DiLoCo (Douillard et al., 2023), with `sgd` of rate 1
 *   federated averaging (McMahan et al., 2017). Who is slow takes fewer steps, and these count for what they are.
 * - `async`: a unit is a gradient, but nobody waits for anybody. A version is made as soon as a batch of units has come in,
 *   whichever versions they began from (FedBuff, Nguyen et al., 2022; of one unit: asynchronous SGD). An answer that began `s`
 *   versions ago weighs 1/√(1 + s), and so does what it adds to the rate; one that is older than the bound is refused.
 */

import { type Check, number, oneOf } from './check.ts';
import type { BatchShape } from './job.ts';
import {
  checkOptimizerSpec,
  completeOptimizerSpec,
  type OptimizerOptions,
  type OptimizerSpec,
} from './optimizer/index.ts';
import { isSuccessor, type ParamsVersion, sameVersion } from './params.ts';

export type Strategy = SyncStrategy | LocalStrategy | AsyncStrategy;

interface SyncStrategy {
  readonly kind: 'sync';
}

export interface LocalStrategy {
  readonly kind: 'local';
  /** Steps that a unit takes at most, each with `unitSamples` samples of its own. */
  readonly steps: number;
  /** Of these steps, which are all that its schedule counts: it begins anew with every unit, as its slots do. */
  readonly optimizer: OptimizerSpec;
}

interface AsyncStrategy {
  readonly kind: 'async';
  /** An answer may have begun so many versions ago. */
  readonly stalenessMax: number;
}

/** A strategy as people write it. */
export type StrategyOptions =
  | Exclude<Strategy, LocalStrategy>
  | (Omit<LocalStrategy, 'optimizer'> & { readonly optimizer: OptimizerOptions });

/** Fills in what was left out, which may be all. Says nothing of whether the values make sense: that is `checkStrategy`. */
export function completeStrategy(options: StrategyOptions = { kind: 'sync' }): Strategy {
  if (options.kind !== 'local') return options;
  return { ...options, optimizer: completeOptimizerSpec(options.optimizer) };
}

/** More than this would be another kind of training. */
const UNIT_STEPS_MAX = 4_096;
const STALENESS_MAX = 1_024;

/** What is wrong with a strategy, as one sentence, or undefined. Takes any plain data. */
export function checkStrategy(strategy: unknown): string | undefined {
  return check(strategy, 'strategy');
}

const whole = (least: number, most: number) =>
  number(`whole, from ${least} to ${most}`, (x) => Number.isInteger(x) && x >= least && x <= most);
const inner: Check = (value, at) => checkOptimizerSpec(value)?.replace(/^optimizer/, at);
const check = oneOf<Strategy>({
  sync: {},
  local: { steps: whole(1, UNIT_STEPS_MAX), optimizer: inner },
  async: { stalenessMax: whole(0, STALENESS_MAX) },
});

/** Steps that a unit takes at most; a unit of one step is a gradient. */
export function stepsOf(strategy: Strategy): number {
  return strategy.kind === 'local' ? strategy.steps : 1;
}

/** What a round draws from the sampler: for every unit the samples of all its steps, one step behind the other. */
export function drawOf({ units, unitSamples }: BatchShape, strategy: Strategy): BatchShape {
  return { units, unitSamples: unitSamples * stepsOf(strategy) };
}

/** Of two answers to one lease one may be held against the other. */
export function isRepeatable(strategy: Strategy): boolean {
  return strategy.kind === 'sync';
}

/** Versions that may have come since an answer began. */
export function stalenessMaxOf(strategy: Strategy): number {
  return strategy.kind === 'async' ? strategy.stalenessMax : 0;
}

/**
 * Versions that have come since one was the newest; without end where the server was started anew meanwhile, for it knows nothing of
 * what was under way.
 */
export function stalenessOf(began: ParamsVersion, newest: ParamsVersion): number {
  return began.incarnation === newest.incarnation
    ? Math.max(0, newest.step - began.step)
    : Number.POSITIVE_INFINITY;
}

/** What was leased or begun at a version is worth nothing any more: more than `stalenessMax` have followed it. */
export function isStale(began: ParamsVersion, newest: ParamsVersion, stalenessMax: number): boolean {
  return stalenessOf(began, newest) > stalenessMax;
}

/** A unit of training is begun with the parameters that its lease names; or with newer ones, where versions do not wait for it. */
export function mayBeginWith(held: ParamsVersion, leased: ParamsVersion, stalenessMax: number): boolean {
  return sameVersion(held, leased) || (stalenessMax > 0 && isSuccessor(held, leased));
}

/** The weight of an answer that began so many versions ago. */
export function freshness(staleness: number): number {
  return 1 / Math.sqrt(1 + staleness);
}
