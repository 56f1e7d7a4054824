/** The model of a job, built once where it is defined: its shapes, its layouts and the weights that training starts from. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fingerprint, layoutOf, type ParamLayout } from '@manyhands/core';
import type { Drawn } from '@manyhands/protocol';
// Registers the layers that TF.js lacks, before it is noted which classes there are.
import '@manyhands/layers';
import * as tf from '@tensorflow/tfjs';
import { type InitialTensor, initializersOf } from './initializers.ts';
import { checkLayers } from './layer-check.ts';
import { type JsonObject, settleTopology } from './topology.ts';

export interface BuiltModel {
  readonly topology: JsonObject;
  /** Shapes of one sample. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** The activation of the last layer, where that layer has one. */
  readonly outputActivation: string | undefined;
  readonly params: ParamLayout;
  readonly state: ParamLayout;
  readonly initial: { readonly params: Float32Array; readonly state: Float32Array };
  /** How anybody comes to `initial`; undefined where it has to be sent. */
  readonly drawn: Drawn | undefined;
}

/** The job cannot have this model. The message is a sentence for each reason. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
}

/** A model, its topology, or the path of one from `folder` on. Throws a `ModelError`. */
export async function buildModel(
  given: object | string,
  folder: string,
  name: string,
  seed: number,
): Promise<BuiltModel> {
  // Without this TF.js greets whoever uses it in Node.
  tf.enableProdMode();
  const complete = await completeTopology(
    typeof given === 'string' ? readTopology(resolve(folder, given)) : given,
  );
  const topology = settleTopology(complete, name, seed);
  const problems = checkLayers(topology, OWN_CLASSES);
  if (problems.length > 0) throw new ModelError(problems.join('\n'));
  const model = await fromTopology(topology);
  try {
    return describe(model, topology);
  } finally {
    model.dispose();
  }
}

/** What TF.js and our own layers bring, noted before a job's file can add to it. */
const OWN_CLASSES: ReadonlySet<string> = new Set(
  Object.keys(tf.serialization.SerializationMap.getMap().classNameMap),
);

function readTopology(path: string): object {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as object;
  } catch {
    throw new ModelError(`model is the path ${path}, where there is no JSON to be read: name a model.json.`);
  }
}

/**
 * The topology with everything in it that decides the result. A file may leave out what its reader takes as given,
 * initializers for one; a model that was built from it leaves out nothing.
 */
async function completeTopology(given: object): Promise<JsonObject> {
  if (given instanceof tf.LayersModel) return plain(given.toJSON(undefined, false));
  const { modelTopology = given } = given as { modelTopology?: unknown };
  const { model_config: topology = modelTopology } = (modelTopology ?? {}) as { model_config?: unknown };
  if (
    typeof topology !== 'object' ||
    topology === null ||
    !('class_name' in topology && 'config' in topology)
  ) {
    throw new ModelError(
      'model must be a TF.js layers model or the topology of one, with class_name and config.',
    );
  }
  const model = await fromTopology(plain(topology));
  const json = plain(model.toJSON(undefined, false));
  model.dispose();
  return json;
}

async function fromTopology(topology: JsonObject): Promise<tf.LayersModel> {
  try {
    // TF.js writes into what it reads.
    return await tf.models.modelFromJSON(structuredClone(topology) as never);
  } catch (error) {
    const said = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new ModelError(`model cannot be built from its topology: ${said}`);
  }
}

function plain(json: unknown): JsonObject {
  return JSON.parse(JSON.stringify(json)) as JsonObject;
}

function describe(model: tf.LayersModel, topology: JsonObject): BuiltModel {
  if (model.inputs.length !== 1 || model.outputs.length !== 1) {
    throw new ModelError(
      `model has ${model.inputs.length} inputs and ${model.outputs.length} outputs: it must have one of each.`,
    );
  }
  const [input, output] = [model.inputs[0]!, model.outputs[0]!];
  const [inputShape, outputShape] = [input.shape.slice(1), output.shape.slice(1)];
  if (!isClosed(inputShape) || !isClosed(outputShape)) {
    throw new ModelError(
      `model has an open dimension in its shapes [${inputShape}] → [${outputShape}]: give every layer a fixed shape.`,
    );
  }
  const trainable = tensorsOf(model.trainableWeights);
  const other = tensorsOf(model.nonTrainableWeights);
  if (trainable.length === 0) throw new ModelError('model has no weights to train.');
  const activation = output.sourceLayer.getConfig()['activation'];
  return {
    topology,
    inputShape,
    outputShape,
    outputActivation: typeof activation === 'string' ? activation : undefined,
    params: layoutOf(trainable),
    state: layoutOf(other),
    initial: { params: flat(trainable), state: flat(other) },
    drawn: drawnFrom(topology, [...trainable, ...other]),
  };
}

function drawnFrom(topology: JsonObject, tensors: readonly InitialTensor[]): Drawn | undefined {
  const initializers = initializersOf(topology, tensors);
  return initializers && { initializers, fingerprint: fingerprint(flat(tensors)) };
}

interface NamedTensor extends InitialTensor {
  readonly name: string;
}

function tensorsOf(weights: tf.LayersModel['weights']): NamedTensor[] {
  return weights.map((weight) => {
    const value = weight.read();
    return { name: weight.originalName, shape: value.shape, values: Float32Array.from(value.dataSync()) };
  });
}

function flat(tensors: readonly InitialTensor[]): Float32Array {
  return Float32Array.from(tensors.flatMap(({ values }) => [...values]));
}

function isClosed(shape: readonly (number | null)[]): shape is readonly number[] {
  return shape.every((dimension) => dimension !== null);
}
