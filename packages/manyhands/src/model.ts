/** The model of a job, built once where it is defined: its shapes, its layouts and the weights that training starts from. */

import { layoutOf, type ParamLayout } from '@manyhands/core';
import * as tf from '@tensorflow/tfjs';
import { type Json, settleTopology } from './topology.ts';

export interface BuiltModel {
  readonly topology: { readonly [key: string]: Json };
  /** Shapes of one sample. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly params: ParamLayout;
  readonly state: ParamLayout;
  readonly initial: { readonly params: Float32Array; readonly state: Float32Array };
}

/** The model, or one sentence that says why there is none. */
export async function buildModel(given: object, name: string, seed: number): Promise<BuiltModel | string> {
  // Without this TF.js greets whoever uses it in Node.
  tf.enableProdMode();
  const json = topologyOf(given);
  if (json === undefined)
    return 'model must be a TF.js layers model or the topology of one, with class_name and config.';
  const topology = settleTopology(json, name, seed);
  let model: tf.LayersModel;
  try {
    model = await tf.models.modelFromJSON(structuredClone(topology) as never);
  } catch (error) {
    return `model cannot be built from its topology: ${error instanceof Error ? error.message : String(error)}`;
  }
  try {
    return describe(model, topology);
  } finally {
    model.dispose();
  }
}

function describe(model: tf.LayersModel, topology: BuiltModel['topology']): BuiltModel | string {
  if (model.inputs.length !== 1 || model.outputs.length !== 1) {
    return `model has ${model.inputs.length} inputs and ${model.outputs.length} outputs: it must have one of each.`;
  }
  const [inputShape, outputShape] = [model.inputs[0]!.shape.slice(1), model.outputs[0]!.shape.slice(1)];
  if (!isClosed(inputShape) || !isClosed(outputShape)) {
    return `model has an open dimension in its shapes [${inputShape}] → [${outputShape}]: give every layer a fixed shape.`;
  }
  const trainable = tensorsOf(model.trainableWeights);
  const other = tensorsOf(model.nonTrainableWeights);
  if (trainable.length === 0) return 'model has no weights to train.';
  return {
    topology,
    inputShape,
    outputShape,
    params: layoutOf(trainable),
    state: layoutOf(other),
    initial: { params: flat(trainable), state: flat(other) },
  };
}

interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

function tensorsOf(weights: tf.LayersModel['weights']): NamedTensor[] {
  return weights.map((weight) => {
    const value = weight.read();
    return { name: weight.originalName, shape: value.shape, values: Float32Array.from(value.dataSync()) };
  });
}

function flat(tensors: readonly NamedTensor[]): Float32Array {
  return Float32Array.from(tensors.flatMap(({ values }) => [...values]));
}

/** A model is asked for its own description; of a model.json only the topology matters. */
function topologyOf(given: object): { readonly [key: string]: Json } | undefined {
  const described =
    given instanceof tf.LayersModel
      ? given.toJSON(undefined, false)
      : 'modelTopology' in given
        ? given.modelTopology
        : given;
  const json = JSON.parse(JSON.stringify(described));
  const inner = json?.model_config ?? json;
  return typeof inner?.class_name === 'string' && inner.config !== undefined ? inner : undefined;
}

function isClosed(shape: readonly (number | null)[]): shape is readonly number[] {
  return shape.every((dimension) => dimension !== null);
}
