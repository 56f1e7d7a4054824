/** One model that two engines must agree on: a layer, a loss, or a whole example. */

import { layoutOf } from '@manyhands/core';
import '@manyhands/layers';
import '@tensorflow/tfjs-backend-cpu';
import { models } from '@tensorflow/tfjs-layers';
import type { LossName, MetricName, ModelProgram, SampleBatch } from '../../engine.ts';
import { dense, layer, samplesOf } from '../programs.ts';

type Json = Record<string, unknown>;

export interface ParityCase {
  readonly name: string;
  /** A program, and the samples of two units. */
  build(): Promise<{ readonly program: ModelProgram; readonly batch: SampleBatch }>;
}

interface CaseOptions {
  readonly loss?: LossName;
  readonly metric?: MetricName;
  readonly unitSamples?: number;
  /** Inputs are whole numbers below this. */
  readonly classes?: number;
}

/** The layer under test, after a dense one that lets its gradient be seen, and before one that makes three classes of its last axis. */
export function caseOfLayer(
  name: string,
  inputShape: readonly number[],
  className: string,
  config: Json = {},
  options: CaseOptions = {},
): ParityCase {
  const first = { batch_input_shape: [null, ...inputShape] };
  const before = dense('before', inputShape.at(-1)!, 'linear', first);
  const tested = layer(className, 'tested', options.classes === undefined ? config : { ...config, ...first });
  return caseOfStack(
    name,
    [...(options.classes === undefined ? [before] : []), tested, dense('after', 3, 'softmax')],
    options,
  );
}

/** A stack of layers, whose first says the shape of its input. */
export function caseOfStack(name: string, layers: readonly Json[], options: CaseOptions = {}): ParityCase {
  return caseOf(name, { class_name: 'Sequential', config: { name: 'stack', layers } }, options);
}

/** Any topology; TF.js tells what weights it has. */
export function caseOf(name: string, topology: Json, options: CaseOptions = {}): ParityCase {
  const { loss = 'categoricalCrossentropy', metric = 'accuracy', unitSamples = 4, classes } = options;
  return {
    name,
    async build() {
      const model = await models.modelFromJSON(structuredClone(topology) as never);
      const [params, state] = [model.trainableWeights, model.nonTrainableWeights].map((weights) =>
        layoutOf(
          weights.map(({ originalName, shape }) => ({ name: originalName, shape: shape as number[] })),
        ),
      );
      const inputSize = sizeOf(model.inputs[0]!.shape.slice(1));
      const outputShape = model.outputs[0]!.shape.slice(1) as number[];
      model.dispose();
      const program = { topology, params: params!, state: state!, loss, metric, seed: 7, unitSamples };
      const samples = 2 * unitSamples;
      const { inputs, ids } = samplesOf(samples, inputSize, { oneHot: 2 }, 1, classes);
      const { targets } = samplesOf(
        samples * sizeOf(outputShape.slice(0, -1)),
        1,
        targetsOf(loss, outputShape.at(-1)!),
      );
      return { program, batch: { inputs, targets, ids } };
    },
  };
}

function targetsOf(loss: LossName, width: number) {
  if (loss === 'sparseCategoricalCrossentropy') return { numbered: width };
  return loss === 'categoricalCrossentropy' ? { oneHot: width } : { values: width };
}

function sizeOf(shape: readonly (number | null)[]): number {
  return (shape as readonly number[]).reduce((product, dimension) => product * dimension, 1);
}
