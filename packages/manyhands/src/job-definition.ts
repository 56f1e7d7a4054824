/** A job as its author writes it: a model, samples, what to minimize and when to stop. */

import type {
  BatchShape,
  CheckpointPolicy,
  CodecSpec,
  LeasePolicy,
  OptimizerOptions,
  ShuffleShape,
  Stop,
  StrategyOptions,
} from '@manyhands/core';
import type { DatasetSource } from '@manyhands/dataset';
import type { LossName, MetricName, Trial } from '@manyhands/protocol';
import type { LayersModel } from '@tensorflow/tfjs';

export interface JobDefinition {
  /** Lower-case words joined by hyphens; it begins the names of the job's runs. */
  readonly name: string;
  /** A few words for people. */
  readonly title: string;
  /** Who runs it. */
  readonly operator: string;
  /** One or two sentences for volunteers: what is learned, and why. */
  readonly summary: string;
  /**
   * Built with `tf.sequential` or `tf.model`; or the topology of a model.json, as an object or the path of the file,
   * relative to the job's own. Its weights do not matter, its initializers do.
   */
  readonly model: LayersModel | object | string;
  readonly dataset: DatasetSource;
  readonly loss: LossName;
  readonly metric: MetricName;
  readonly optimizer: OptimizerOptions;
  /**
   * How the work of many becomes one model: `sync` when left out. With `local` a unit is up to `steps` steps of training by
   * itself, with an optimizer of its own, and `optimizer` takes the outer step along what came of them (DiLoCo): far fewer bytes a sample. With
   * `async` nobody waits for anybody, and an answer counts the less the older the parameters are that it began from.
   */
  readonly strategy?: StrategyOptions;
  /** Every batch is `units × unitSamples` samples. A unit is what is given out; a device computes it in one pass. */
  readonly batch: BatchShape;
  /** Unsigned 32-bit; decides initial weights, the order of samples and dropout. */
  readonly seed: number;
  readonly stop: Stop;
  /** Measure on the held-out samples after every so many steps. */
  readonly evaluateEverySteps: number;
  /**
   * Asks for the bytes of one class of device (engine, backend, adapter vendor and architecture) in every version: then one
   * class is served at a time, each in its turn, and volunteers of others wait for theirs. Otherwise all compute together, and versions
   * are the same but for rounding.
   */
  readonly exact?: boolean;
  /**
   * How gradients travel: float32 when left out. float16 halves their bytes and int8 quarters them; top-k sends `kept` of every
   * 4,096 numbers, those that are largest, each in so many bits. What is left out is not lost: it is added to what is sent next.
   */
  readonly codec?: CodecSpec;
  /**
   * How a new version travels to volunteers: as its parameters when left out, otherwise as what changed in them, in this codec. It
   * may be `exact`: everybody holds the bytes that the server holds.
   */
  readonly updates?: CodecSpec;
  /** What people can try; without it there is nothing to try. */
  readonly trial?: Trial;
  /** How the order of samples is drawn: 256 samples a shard and 4 shards a window when left out. */
  readonly shuffle?: ShuffleShape;
  /** Every 20 steps, or every second, when left out. */
  readonly checkpoint?: CheckpointPolicy;
  /** A second of work a lease, at least 3 s to answer it and 15 s the first time, 64 held sums, when left out. */
  readonly lease?: Partial<LeasePolicy>;
}

/** Says that an object is a job, so that an editor can help while it is written. */
export function defineJob(definition: JobDefinition): JobDefinition {
  return definition;
}
