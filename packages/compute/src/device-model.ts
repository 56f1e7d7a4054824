/**
 * One model on one device, as an engine drives it: what a tensor library has to offer to be one of ours. Everything is
 * issued at once and read late, once for a block; `model-engine` cuts samples into passes and keeps calls in order, so an
 * implementation knows nothing of units, blocks and turns.
 */

import type { DeviceClass, Encoded, OptimizerSpec } from '@manyhands/core';
import type { SampleForm } from './batch-check.ts';
import type { DeviceVector } from './device-vector.ts';
import type { Encoding, SampleBatch } from './engine.ts';
import type { EngineError } from './engine-error.ts';

export interface DeviceModel extends SampleForm {
  readonly device: DeviceClass;
  /** Shape of one sample's answer. */
  readonly outputShape: readonly number[];
  /** The first layer whose answer for a sample depends on those beside it, if there is one. */
  readonly mixer: string | undefined;

  /** Compiles what passes of these sizes need, the first of them the largest, as far as this can be done ahead. */
  compile(sizes: readonly number[], onProgress: (done: number, total: number) => void): Promise<void>;

  /** What a failure while the model was prepared says of it: which layer cannot be trained here, and why. */
  explain(thrown: unknown): EngineError;

  /** Writes parameters and non-trainable state. Both are only read, and free to change afterwards. */
  write(params: Float32Array, state: Float32Array): void;

  /** An empty sum of passes, which is read as it is: as `core/contribution` lays it out, in canonical form, the caller's own. */
  fold(): PassFold<Float32Array>;

  /** An empty sum of passes, which is encoded before it is read. Undefined where this has no kernels for that. */
  readonly encodedFold: ((encoding: Encoding) => PassFold<Encoded<DeviceVector>>) | undefined;

  /** Training by itself, one at a time; undefined where this has no kernels for it, or for this optimizer. */
  readonly descent: ((optimizer: OptimizerSpec) => Descent | undefined) | undefined;

  /** [Σ weight × loss, Σ weight × metric] at inference; issued at once. `weights`: one a sample, 0 for padding. */
  score(samples: Pick<SampleBatch, 'inputs' | 'targets'>, weights: Float32Array): Promise<Float32Array>;

  /** Outputs for `samples` inputs; issued at once. */
  infer(inputs: Float32Array, samples: number): Promise<Float32Array>;

  /** Runs what it is given and answers with its result, unless there was a fault that the device tells only later. */
  verify<T>(run: () => Promise<T>): Promise<T>;

  /** Resolves with the reason when the device is gone. */
  readonly lost: Promise<string>;

  dispose(): void;
}

/** Contributions of passes, folded in tree order. They are added one at a time, and `take` is called once after the last. */
export interface PassFold<Sum> {
  /** Forward and backward over these samples; resolves when the next may be added. */
  add(samples: SampleBatch, step: number): Promise<void>;
  /** The sum, read back once. */
  take(): Promise<Sum>;
}

/** Steps of an optimizer on the device's own weights, from those that were written last. Everything is issued in order. */
export interface Descent {
  /** A unit begins: at the start, with an optimizer that remembers nothing. */
  begin(): Promise<void>;
  /** The passes of one step on so many samples, which `taken` others came before: with their sum the step is taken. */
  fold(samples: number, taken: number): PassFold<void>;
  /** The unit is over; its steps had so many samples. */
  end(samples: number): void;
  /** What all units came to. */
  read(): Promise<Float32Array>;
  readonly encode: ((encoding: Encoding) => Promise<Encoded<DeviceVector>>) | undefined;
}
