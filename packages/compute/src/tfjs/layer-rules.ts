/**
 * A contribution must not depend on who computes it, when, or after what. Keras layers keep this rule except in five
 * places, and each is put right here on the built model, so that a topology stays plain Keras:
 *
 *  - Dropout draws from a stream of its own: it gets the mask that follows the sample (`dropout-mask`).
 *  - The gradient of Embedding adds floats atomically, in any order: it becomes a one-hot matrix product.
 *  - Batch normalization overwrites its statistics in place: what it writes is caught and handed out as data.
 *  - The gradient of an average pool with padding 'same' counts what lies outside: such a layer is left to other engines.
 *  - Noise layers, recurrent dropout, stateful layers and constraints cannot be kept to it: they are refused.
 */

// Registers the layers that TF.js lacks, so that a topology may name them.
import '@manyhands/layers';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable, layers } from '@tensorflow/tfjs-layers';
import { dropoutMask } from '../dropout-mask.ts';
import { EngineError } from '../engine-error.ts';

export type Layer = layers.Layer;

/** Which samples a training pass is about: what the masks are a function of. Set before each pass. */
export interface Draw {
  seed: number;
  step: number;
  ids: Uint32Array;
}

/** Makes the whole model keep the rule, or throws an `EngineError` that names the layer that cannot. */
export function applyLayerRules(model: LayersModel, draw: Draw): void {
  for (const layer of layersWithin(model)) {
    refuseUnruly(layer);
    switch (layer.getClassName()) {
      case 'Dropout':
      case 'SpatialDropout1D':
        seedDropout(layer, draw);
        break;
      case 'Embedding':
        orderEmbeddingGradient(layer);
        break;
    }
  }
}

/** Every layer of a model, those inside nested models and wrappers too. */
export function* layersWithin(layer: Layer): Generator<Layer> {
  yield layer;
  const { layers, layer: wrapped } = layer as { layers?: readonly Layer[]; layer?: Layer };
  for (const inner of layers ?? (wrapped === undefined ? [] : [wrapped])) yield* layersWithin(inner);
}

/**
 * Catches what layers write into their non-trainable weights during a pass: the variables keep the state that the
 * round began with. `take` hands out the tensors of the last pass, or the variables themselves where none was written.
 */
export function catchState(weights: readonly LayerVariable[]): { take(): tf.Tensor[] } {
  const written = new Map<LayerVariable, tf.Tensor>();
  for (const weight of weights) {
    weight.write = (value) => {
      written.get(weight)?.dispose();
      written.set(weight, tf.keep(value));
      return weight;
    };
  }
  return {
    take() {
      const taken = weights.map((weight) => written.get(weight)?.clone() ?? weight.read());
      for (const kept of written.values()) kept.dispose();
      written.clear();
      return taken;
    },
  };
}

function refuseUnruly(layer: Layer): void {
  const refuse = (why: string) => {
    throw new EngineError('model', `The layer '${layer.name}' (${layer.getClassName()}) ${why}.`);
  };
  if (/^(GaussianNoise|GaussianDropout|AlphaDropout|Random\w+)$/.test(layer.getClassName())) {
    refuse('draws random numbers that differ between devices; use Dropout');
  }
  if (/^(Sequential|Model|Functional)$/.test(layer.getClassName())) return;
  const config = layer.getConfig();
  if (/^AveragePooling/.test(layer.getClassName()) && config['padding'] === 'same') {
    const what = `the layer '${layer.name}' (${layer.getClassName()}) with the padding 'same'`;
    throw new EngineError('backend', `TF.js has a wrong gradient for ${what}.`);
  }
  if (Number(config['recurrentDropout'] ?? 0) > 0 || Number(config['dropout'] ?? 0) > 0) {
    refuse('has a dropout of its own, whose mask differs between devices; put a Dropout layer before it');
  }
  if (config['stateful'] === true) refuse('keeps state from one batch to the next, which units do not share');
  const constraint = Object.keys(config).find((key) => /constraint$/i.test(key) && config[key] != null);
  if (constraint !== undefined) refuse(`has a ${constraint}, which the optimizer would not apply`);
}

function seedDropout(layer: Layer, draw: Draw): void {
  const rate = Number(layer.getConfig()['rate']);
  const { getNoiseShape } = layer as unknown as { getNoiseShape(input: tf.Tensor): number[] | undefined };
  layer.call = (inputs, kwargs) => {
    const input = onlyTensor(inputs);
    if (kwargs['training'] !== true || rate <= 0 || rate >= 1) return input;
    const shape = getNoiseShape.call(layer, input) ?? input.shape;
    if (shape[0] !== draw.ids.length) {
      throw new EngineError('model', `The layer '${layer.name}' has a noise shape that samples share.`);
    }
    const elements = shape.slice(1).reduce((product, dimension) => product * dimension, 1);
    const place = { seed: draw.seed, step: draw.step, layer: layer.name };
    return tf.mul(input, tf.tensor(dropoutMask(place, rate, draw.ids, elements), shape));
  };
}

function orderEmbeddingGradient(layer: Layer): void {
  layer.call = (inputs) => {
    const ids = tf.cast(onlyTensor(inputs), 'int32');
    const table = layer.weights[0]!.read();
    const rows = lookUp(tf.reshape(ids, [ids.size]) as tf.Tensor1D, table);
    return tf.reshape(rows, [...ids.shape, table.shape[1]!]);
  };
}

/** Rows of the table; backwards oneHot(ids)ᵀ · dy, whose order of summation is fixed. */
function lookUp(ids: tf.Tensor1D, table: tf.Tensor): tf.Tensor {
  const gather = tf.customGrad((...args) => {
    const [rows, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc];
    save([ids]);
    return {
      value: tf.gather(rows, ids),
      gradFunc: (dy: tf.Tensor | tf.Tensor[], saved: tf.Tensor[]) => {
        const oneHot = tf.cast(tf.oneHot(saved[0]!, rows.shape[0]!), 'float32');
        return tf.matMul(oneHot, onlyTensor(dy), true);
      },
    };
  });
  return gather(table);
}

function onlyTensor(tensors: tf.Tensor | tf.Tensor[]): tf.Tensor {
  if (!Array.isArray(tensors)) return tensors;
  return tensors[0]!;
}
