/**
 * An engine does one model's mathematics on one device. It is the narrow waist between the volunteer runtime and a
 * tensor library: TF.js is its first implementation and not its last.
 */

import type {
  ContributionShape,
  DeviceClass,
  Encoded,
  LossyCodecSpec,
  OptimizerSpec,
  ParamLayout,
  UnitRun,
} from '@manyhands/core';
import type { DeviceVector } from './device-vector.ts';
import type { EngineName } from './engine-choice.ts';

export type LossName =
  | 'categoricalCrossentropy'
  | 'sparseCategoricalCrossentropy'
  | 'binaryCrossentropy'
  | 'meanSquaredError';
export type MetricName = 'accuracy' | 'meanAbsoluteError';

/** A model as data: what an engine needs to build it. No code travels. */
export interface ModelProgram {
  /** Keras/TF.js layers topology, the `modelTopology` of a model.json. */
  readonly topology: unknown;
  /** Trainable weights in the order of `model.trainableWeights`. */
  readonly params: ParamLayout;
  /** Non-trainable weights in the order of `model.nonTrainableWeights`. */
  readonly state: ParamLayout;
  readonly loss: LossName;
  readonly metric: MetricName;
  /** Seed of the job; dropout masks are a function of it, the step, the sample and the layer. */
  readonly seed: number;
  /** Samples in each unit: the only batch size that `gradient` ever sees. */
  readonly unitSamples: number;
}

/** Samples on the CPU side, in order. */
export interface SampleBatch {
  /** Inputs as float32, `count × inputShape`, row-major. */
  readonly inputs: Float32Array;
  /** Targets as float32, `count × targetShape`: one-hot rows, class numbers, or values, as the loss wants them. */
  readonly targets: Float32Array;
  /** Index of each sample in the training set: the dropout of a sample follows it wherever it is computed. */
  readonly ids: Uint32Array;
}

/** Samples that lie with an engine ahead of their computation, which uses them up. */
export interface StagedBatch {
  /** Gives them up uncomputed; after their computation this does nothing. */
  drop(): void;
}

/** How a contribution is encoded before it is read. */
export interface Encoding {
  readonly codec: LossyCodecSpec;
  /** Of whatever is random in it, as `Codec` says. */
  readonly seed: number;
  /** Parts of a residual, each as long as a contribution: here, or on the device of this engine. Only read. */
  readonly residual: readonly (Float32Array | DeviceVector)[];
}

/** A contribution that lies with an engine: it is read once, as it is or encoded before. */
export interface UnreadSum {
  /** As `gradient` answers. */
  whole(): Promise<Float32Array>;
  /** As `encodedGradient` answers; undefined where it would have to be read to be encoded. */
  readonly encoded: ((encoding: Encoding) => Promise<Encoded<DeviceVector>>) | undefined;
}

/**
 * Training by itself, unit after unit, each some steps of an optimizer. What is read is how far they went, `start − end`, times the
 * samples of their steps; state alike, and loss and metric summed.
 */
export interface LocalTraining extends UnreadSum {
  /**
   * One step on the mean gradient of `unitSamples` samples. The first of a unit, which none was taken before, begins at the start with an
   * optimizer that remembers nothing. `step` is as for `gradient`. Resolves when the next may follow.
   */
  step(batch: SampleBatch | StagedBatch, taken: number, step: number): Promise<void>;
}

/** Sums over a run of held-out samples. */
export interface EvaluationSums {
  readonly lossSum: number;
  readonly metricSum: number;
  readonly samples: number;
}

/** Shader compilation and model building, as something to show: `done` of `total` steps of preparation. */
export interface Preparation {
  readonly stage: 'device' | 'model' | 'kernels';
  readonly done: number;
  readonly total: number;
}

/**
 * Samples that are handed over, staged or to be computed at once, belong to the engine from then on: one in a worker of its
 * own moves their memory there, and the caller's arrays are empty afterwards.
 */
export interface Engine {
  readonly name: EngineName;
  readonly device: DeviceClass;
  readonly shape: ContributionShape;
  /** In how many passes a unit is computed: 1 where it fits into the device, else a power of two. */
  readonly passes: number;

  /**
   * Writes parameters (P floats) and non-trainable state (S floats) in place on the device. Both are only read, at once; they
   * count for what is called after it, and for nothing that was called before.
   */
  setParams(params: Float32Array, state: Float32Array): void;

  /**
   * Takes over the samples of a later call of `gradient` or `evaluate`, so that they are where they are needed when that is
   * called. What is wrong with them is said by that call.
   */
  stage(samples: SampleBatch): StagedBatch;

  /**
   * The contribution of a whole block: for each unit the summed gradient, count × new state, loss and metric sums,
   * folded over the block's subtree in tree order on the device, and read back once. `batch` holds the samples of the
   * units of `run`, `unitSamples` each, in order; `units` is the number of units in the round (it fixes the tree).
   * The vector is laid out as `core/contribution` says, is in canonical form, and belongs to the caller.
   */
  gradient(
    batch: SampleBatch | StagedBatch,
    run: UnitRun,
    units: number,
    step: number,
  ): Promise<Float32Array>;

  /**
   * As `gradient`, but encoded on the device together with a residual, so that no more is read back than is sent: the bytes of
   * `contributionCodec`, and on the device what they leave out. Undefined where the device has no kernels for that: there whoever
   * wants it encoded reads the vector.
   */
  readonly encodedGradient:
    | ((
        batch: SampleBatch | StagedBatch,
        run: UnitRun,
        units: number,
        step: number,
        encoding: Encoding,
      ) => Promise<Encoded<DeviceVector>>)
    | undefined;

  /**
   * Begins to train by itself, from the parameters that were set last and on the device alone; until it is read nothing else is asked for,
   * and then parameters are set anew. Undefined where the device has no kernels for it, or for this optimizer: there whoever wants it
   * takes gradients and steps.
   */
  readonly localTraining: ((optimizer: OptimizerSpec) => LocalTraining | undefined) | undefined;

  /** Loss and metric sums with the parameters set last. `batch` may hold any number of samples; padding is inside. */
  evaluate(batch: SampleBatch | StagedBatch): Promise<EvaluationSums>;

  /** Outputs for `count` inputs, `count × outputSize`, row-major. The inputs are handed over as samples are. */
  predict(inputs: Float32Array, count: number): Promise<Float32Array>;

  /**
   * Resolves with a sentence when the device is gone (`GPUDevice.lost`, GPU process killed), or the worker that the engine
   * lives in: the engine is dead and must be made anew.
   */
  readonly lost: Promise<string>;

  dispose(): void;
}
