/** What the starter of an engine and the engine's own worker say to each other. Nothing here is heavy: a session loads it. */

import type { ContributionShape, DeviceClass, Encoded, OptimizerSpec, UnitRun } from '@manyhands/core';
import type { Encoding, EvaluationSums, ModelProgram, Preparation, SampleBatch } from './engine.ts';
import type { EngineChoice, EngineName } from './engine-choice.ts';
import type { EngineErrorKind } from './engine-error.ts';
import type { OpenOptions } from './open-engine.ts';

/** What is asked, and what is answered. Samples, and vectors on the device, are named by the numbers that were given to them. */
export interface Asked {
  open(program: ModelProgram, wishes: OpenWishes): Opening;
  gradient(batch: number, run: UnitRun, units: number, step: number): Float32Array;
  /** What is left out stays under the number that is given to it. */
  encodedGradient(
    batch: number,
    run: UnitRun,
    units: number,
    step: number,
    encoding: EncodingThere,
    leftOut: number,
  ): EncodedThere;
  readVector(vector: number): Float32Array;
  /** Of the training that was begun last. */
  localStep(batch: number, taken: number, step: number): undefined;
  localSum(): Float32Array;
  encodedLocalSum(encoding: EncodingThere, leftOut: number): EncodedThere;
  evaluate(batch: number): EvaluationSums;
  predict(inputs: Float32Array, count: number): Float32Array;
}

/** Parts of a residual that are on the device go by their numbers. */
export type EncodingThere = Omit<Encoding, 'residual'> & {
  readonly residual: readonly (Float32Array | number)[];
};

export type EncodedThere = Pick<Encoded, 'residual' | 'bytes'>;

/** The options without what cannot travel: preparation is told by messages. */
export type OpenWishes = Omit<OpenOptions, 'onPreparation'>;

export interface Opening {
  readonly choice: EngineChoice;
  readonly name: EngineName;
  readonly device: DeviceClass;
  readonly shape: ContributionShape;
  readonly passes: number;
  /** Whether it encodes gradients. */
  readonly encodes: boolean;
  /** Whether it trains by itself, with optimizers that its kernels have. */
  readonly descends: boolean;
}

export type ToEngineWorker =
  /** Sent first: the worker takes this Web Lock for as long as it lives. */
  | { readonly type: 'live'; readonly lifeline: string }
  | { readonly [What in keyof Asked]: Ask<What> }[keyof Asked]
  | { readonly type: 'params'; readonly params: Float32Array; readonly state: Float32Array }
  | { readonly type: 'stage'; readonly batch: number; readonly samples: SampleBatch }
  | { readonly type: 'drop'; readonly batch: number }
  | { readonly type: 'drop-vector'; readonly vector: number }
  | { readonly type: 'train-locally'; readonly optimizer: OptimizerSpec };

export interface Ask<What extends keyof Asked> {
  readonly type: 'ask';
  readonly question: number;
  readonly what: What;
  readonly args: Parameters<Asked[What]>;
}

export type FromEngineWorker =
  /** The lifeline is held: whoever gets it from now on knows that the worker is dead. */
  | { readonly type: 'alive' }
  | { readonly type: 'preparing'; readonly preparation: Preparation }
  | { readonly type: 'answer'; readonly question: number; readonly value: ReturnType<Asked[keyof Asked]> }
  | {
      readonly type: 'refused';
      readonly question: number;
      readonly kind: EngineErrorKind;
      readonly sentence: string;
    }
  /** The engine is dead; the worker is of no more use. */
  | { readonly type: 'lost'; readonly sentence: string };

/**
 * An array that may be moved to another thread: itself where it has its memory to itself, otherwise a copy, for what lies
 * beside it belongs to others.
 */
export function movable<Values extends Float32Array | Uint32Array>(values: Values): Values {
  return (values.byteLength === values.buffer.byteLength ? values : values.slice()) as Values;
}
