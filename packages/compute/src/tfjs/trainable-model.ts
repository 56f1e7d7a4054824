/**
 * One model's mathematics in tensors: what a unit contributes, what a run of held-out samples scores, what the model
 * answers. Everything here is synchronous and leaves its tensors to the `tf.tidy` that the caller holds; nothing is
 * read back and nothing is remembered between two calls.
 */

import { layoutSize, type ParamLayout } from '@manyhands/core';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, type LayerVariable, models } from '@tensorflow/tfjs-layers';
import type { ModelProgram } from '../engine.ts';
import { EngineError, messageOf } from '../engine-error.ts';
import { targetShapeOf } from '../target-shape.ts';
import { applyLayerRules, catchState, type Draw, type Layer, layersWithin } from './layer-rules.ts';
import { lossOfSamples, metricOfSamples } from './objective.ts';

export interface TrainableModel {
  /** Shapes of one sample. */
  readonly inputShape: readonly number[];
  readonly targetShape: readonly number[];
  readonly outputShape: readonly number[];
  /** Inputs must be whole numbers from 0 to below this, where they are looked up in a table. */
  readonly inputClasses: number | undefined;
  /** Targets must be whole numbers from 0 to below this, where they are class numbers. */
  readonly targetClasses: number | undefined;
  readonly params: readonly tf.Variable[];
  readonly state: readonly tf.Variable[];
  /** The first layer whose answer for a sample depends on those beside it, if there is one. */
  readonly mixer: string | undefined;

  /**
   * One forward and backward pass over `ids.length` samples: a unit, or a part of one. The parts of the contribution, in its order: the gradient
   * of the summed loss by each parameter, count × each new state, the loss sum, the metric sum.
   */
  unit(inputs: tf.Tensor, targets: tf.Tensor, ids: Uint32Array, step: number): tf.Tensor[];
  /** [Σ weight × loss, Σ weight × metric] at inference; `weights` is `[samples]`, 0 for padding. */
  score(inputs: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor): tf.Tensor;
  /** The outputs, `[samples, ...outputShape]`. */
  infer(inputs: tf.Tensor): tf.Tensor;
  /** The first layer that cannot be trained on the present backend and why, found by training each alone. */
  explainFailure(): string | undefined;
  dispose(): void;
}

/** Builds the model of a program, with weights that are all zero, or throws an `EngineError` that says what is wrong. */
export async function buildTrainableModel(program: ModelProgram): Promise<TrainableModel> {
  const model = await readTopology(program.topology);
  try {
    return makeTrainable(model, program);
  } catch (thrown) {
    model.dispose();
    throw thrown;
  }
}

function makeTrainable(model: LayersModel, program: ModelProgram): TrainableModel {
  const draw: Draw = { seed: program.seed, step: 0, ids: new Uint32Array() };
  applyLayerRules(model, draw);
  const { loss, metric } = program;
  const inputShape = sampleShape('input', model.inputs);
  const outputShape = sampleShape('output', model.outputs);
  requireFit(program, outputShape);
  const params = variablesOf(model.trainableWeights, program.params, 'trainable');
  const state = variablesOf(model.nonTrainableWeights, program.state, 'non-trainable');
  const caught = catchState(model.nonTrainableWeights);
  const forward = (inputs: tf.Tensor, training: boolean) => model.apply(inputs, { training }) as tf.Tensor;

  return {
    inputShape,
    outputShape,
    targetShape: targetShapeOf(loss, outputShape),
    inputClasses: inputClassesOf(model),
    targetClasses: loss === 'sparseCategoricalCrossentropy' ? outputShape.at(-1)! : undefined,
    params,
    state,
    mixer: [...layersWithin(model)].find((layer) => layer.getClassName() === 'BatchNormalization')?.name,
    unit(inputs, targets, ids, step) {
      draw.step = step;
      draw.ids = ids;
      let metricSum: tf.Tensor | undefined;
      const { value: lossSum, grads } = tf.variableGrads(() => {
        const output = forward(inputs, true);
        metricSum = tf.keep(tf.sum(metricOfSamples(metric, loss, targets, output)));
        return tf.addN([
          tf.sum(lossOfSamples(loss, targets, output)),
          ...penalties(model, ids.length),
        ]) as tf.Scalar;
      }, [...params]);
      const gradients = params.map((param, i) => grads[param.name] ?? refuseIdle(program.params[i]!.name));
      const states = caught.take().map((tensor) => tf.mul(tensor, ids.length));
      // A clone belongs to the caller's tidy, which what was kept does not.
      const metricPart = metricSum!.clone();
      metricSum!.dispose();
      return [...gradients, ...states, lossSum, metricPart];
    },
    score(inputs, targets, weights) {
      const output = forward(inputs, false);
      const weighted = (values: tf.Tensor) => tf.sum(tf.mul(values, weights));
      return tf.stack([
        weighted(lossOfSamples(loss, targets, output)),
        weighted(metricOfSamples(metric, loss, targets, output)),
      ]);
    },
    infer: (inputs) => forward(inputs, false),
    explainFailure: () => findUntrainable(model, draw),
    dispose: () => {
      model.dispose();
    },
  };
}

/** Keras adds regularization once a batch, to a mean; here losses are sums, so it counts once a sample. */
function penalties(model: LayersModel, samples: number): tf.Tensor[] {
  return model.calculateLosses().map((penalty) => tf.mul(penalty, samples));
}

function refuseIdle(param: string): never {
  throw new EngineError(
    'model',
    `The parameter '${param}' does not reach the loss, so it cannot be trained.`,
  );
}

async function readTopology(topology: unknown): Promise<LayersModel> {
  try {
    return await models.modelFromJSON(
      withoutInitializers(topology) as Parameters<typeof models.modelFromJSON>[0],
    );
  } catch (thrown) {
    throw new EngineError('model', `The model's topology cannot be read: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
}

/**
 * Weights come with the job: no initializer ever draws a number here. Recurrent layers are given one where they name none,
 * because their default is orthogonal: a decomposition that is slow, and needs parts of TF.js that are not loaded.
 */
function withoutInitializers(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withoutInitializers);
  if (typeof json !== 'object' || json === null) return json;
  const zeroed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(json)) {
    zeroed[key] = /initializer$/i.test(key) ? ZEROS : withoutInitializers(value);
  }
  if (/^(SimpleRNN|GRU|LSTM|ConvLSTM2D)(Cell)?$/.test(String(zeroed['class_name']))) {
    zeroed['config'] = { recurrent_initializer: ZEROS, ...(zeroed['config'] as object) };
  }
  return zeroed;
}

const ZEROS = { class_name: 'Zeros', config: {} };

function sampleShape(
  side: 'input' | 'output',
  tensors: readonly { readonly shape: readonly (number | null)[] }[],
) {
  const only = tensors[0];
  if (only === undefined || tensors.length > 1) {
    throw new EngineError('model', `The model has ${tensors.length} ${side}s; it must have one.`);
  }
  const shape = only.shape.slice(1);
  if (!shape.every((dimension) => dimension !== null)) {
    throw new EngineError(
      'model',
      `The model's ${side} shape [${shape}] has an open dimension; shapes are fixed in a job.`,
    );
  }
  return shape;
}

function requireFit({ loss, metric }: ModelProgram, outputShape: readonly number[]): void {
  if (outputShape.length === 0)
    throw new EngineError('model', 'The model must answer with at least one number.');
  if (loss === 'sparseCategoricalCrossentropy' && metric === 'meanAbsoluteError') {
    throw new EngineError(
      'model',
      'The metric meanAbsoluteError says nothing about class numbers; use accuracy.',
    );
  }
}

function variablesOf(weights: readonly LayerVariable[], layout: ParamLayout, kind: string): tf.Variable[] {
  const shapes = (list: readonly { readonly shape: readonly (number | null)[] }[]) =>
    list.map(({ shape }) => `[${shape}]`).join(' ');
  if (shapes(weights) !== shapes(layout)) {
    throw new EngineError(
      'model',
      `The job lays out ${layout.length} ${kind} weights (${layoutSize(layout)} numbers) of shapes ${shapes(layout)}, ` +
        `but the model has ${weights.length} of shapes ${shapes(weights)}.`,
    );
  }
  return weights.map((weight) => weight.read() as tf.Variable);
}

/** Table sizes of the embeddings that look up the model's own input, the smallest of them. */
function inputClassesOf(model: LayersModel): number | undefined {
  const source = model.inputs[0]!.sourceLayer.name;
  const sizes = [...layersWithin(model)]
    .filter((layer) => layer.getClassName() === 'Embedding')
    .filter((layer) =>
      layer.inboundNodes.some(
        ({ inboundLayers }) =>
          inboundLayers.length === 0 || inboundLayers.some(({ name }) => name === source),
      ),
    )
    .map((layer) => layer.weights[0]!.shape[0]!);
  return sizes.length === 0 ? undefined : Math.min(...sizes);
}

function findUntrainable(model: LayersModel, draw: Draw): string | undefined {
  draw.ids = new Uint32Array(1);
  for (const layer of model.layers) {
    if (layer.getClassName() === 'InputLayer') continue;
    try {
      tf.tidy(() => trainAlone(layer));
    } catch (thrown) {
      return `The layer '${layer.name}' (${layer.getClassName()}) cannot be trained: ${messageOf(thrown)}`;
    }
  }
  return undefined;
}

/** The gradient of one layer's summed output for one sample of zeros. */
function trainAlone(layer: Layer): void {
  const { inputShapes } = layer.inboundNodes[0]!;
  const shapes = Array.isArray(inputShapes[0]) ? (inputShapes as number[][]) : [inputShapes as number[]];
  const inputs = shapes.map((shape) => tf.variable(tf.zeros([1, ...shape.slice(1)])));
  const weights = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
  // Nothing flows back through an index.
  const sources = layer.getClassName() === 'Embedding' ? weights : [...inputs, ...weights];
  try {
    tf.variableGrads(() => {
      const output = layer.apply(inputs.length === 1 ? inputs[0]! : inputs, { training: true });
      return tf.sum(Array.isArray(output) ? (output[0] as tf.Tensor) : (output as tf.Tensor));
    }, sources);
  } finally {
    for (const input of inputs) input.dispose();
  }
}
