/** A job is one training run as data: everything that decides the result, and nothing that does not. */

import type { CodecSpec } from './codec/codec-spec.ts';
import type { ContributionShape } from './contribution.ts';
import type { OptimizerSpec } from './optimizer/index.ts';
import { layoutSize, type ParamLayout } from './params.ts';
import type { Strategy } from './strategy.ts';

export interface Job {
  /** Trainable parameters. */
  readonly params: ParamLayout;
  /** Non-trainable state, such as batch-norm statistics. */
  readonly state: ParamLayout;
  /** Takes the step from one version to the next, whatever the strategy. */
  readonly optimizer: OptimizerSpec;
  readonly strategy: Strategy;
  readonly batch: BatchShape;
  /** Samples in the training set and in the held-out set. */
  readonly samples: { readonly train: number; readonly evaluation: number };
  /** Where the sampler's shuffling happens: samples in a shard, shards in a window. */
  readonly shuffle: ShuffleShape;
  /** Unsigned 32-bit. All randomness of the job is a function of it. */
  readonly seed: number;
  readonly stop: Stop;
  readonly evaluation: EvaluationPolicy;
  readonly checkpoint: CheckpointPolicy;
  readonly lease: LeasePolicy;
  /** Every version is computed by one class of device, and so by one class at a time (`serving-class.ts`). */
  readonly exact: boolean;
  /** How gradients travel. With any but float32 what is left out comes later, and no two gradients are compared. */
  readonly codec: CodecSpec;
  /** How a new version travels: float32 sends its parameters, any other what changed in them (`model-update.ts`). */
  readonly updates: CodecSpec;
}

/** A global mini-batch is `units × unitSamples` samples, always full; where a unit takes several steps, as many for each of them. */
export interface BatchShape {
  readonly units: number;
  readonly unitSamples: number;
}

export interface ShuffleShape {
  readonly shardSamples: number;
  readonly windowShards: number;
}

/** A job names its end: a number of steps, and optionally a metric on the held-out set that ends it sooner. */
export interface Stop {
  readonly steps: number;
  readonly metricAtLeast?: number;
}

/** The held-out set is measured after every `everySteps` steps and after the last, in units of `unitSamples`, the last cut short. */
export interface EvaluationPolicy {
  readonly everySteps: number;
  readonly unitSamples: number;
}

/** A checkpoint is due after `everySteps` steps or `everyMs` milliseconds, whichever comes first. */
export interface CheckpointPolicy {
  readonly everySteps: number;
  readonly everyMs: number;
}

export interface LeasePolicy {
  /** A lease aims at this much work on its volunteer's measured speed. */
  readonly targetMs: number;
  /** No deadline is shorter than this: it covers the round trip. */
  readonly deadlineMinMs: number;
  /** For one unit of a volunteer whose speed is not known yet: it covers shader compilation. No unit is ever given longer. */
  readonly deadlineFirstMs: number;
  /** Partial sums that may wait for a sibling, those of leases under way included. */
  readonly heldVectorsMax: number;
}

export function shapeOf({ params, state }: Pick<Job, 'params' | 'state'>): ContributionShape {
  return { params: layoutSize(params), state: layoutSize(state) };
}

export function batchSamples(batch: BatchShape): number {
  return batch.units * batch.unitSamples;
}
