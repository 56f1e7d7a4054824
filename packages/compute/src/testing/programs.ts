/** Small models as data, and samples and weights that are functions of a number, for tests in Node and in browsers. */

import { layoutOf, layoutSize } from '@manyhands/core';
import type { LossName, MetricName, ModelProgram, SampleBatch } from '../engine.ts';

type Json = Record<string, unknown>;
type Tensors = readonly (readonly [name: string, ...shape: number[]])[];

interface Recipe {
  readonly layers: readonly Json[];
  readonly params: Tensors;
  readonly state?: Tensors;
  readonly loss?: LossName;
  readonly metric?: MetricName;
  readonly unitSamples?: number;
}

/** A program whose layers are a stack. */
export function programOf(recipe: Recipe): ModelProgram {
  const layout = (tensors: Tensors) => layoutOf(tensors.map(([name, ...shape]) => ({ name, shape })));
  return {
    topology: { class_name: 'Sequential', config: { name: 'stack', layers: recipe.layers } },
    params: layout(recipe.params),
    state: layout(recipe.state ?? []),
    loss: recipe.loss ?? 'categoricalCrossentropy',
    metric: recipe.metric ?? 'accuracy',
    seed: 7,
    unitSamples: recipe.unitSamples ?? 4,
  };
}

/** One layer of a topology. */
export function layer(className: string, name: string, config: Json = {}): Json {
  return { class_name: className, config: { name, ...config } };
}

export function dense(name: string, units: number, activation: string, config: Json = {}): Json {
  return layer('Dense', name, { units, activation, use_bias: true, ...config });
}

export function convolution(name: string, filters: number, config: Json = {}): Json {
  return layer('Conv2D', name, {
    filters,
    kernel_size: [3, 3],
    padding: 'same',
    activation: 'relu',
    data_format: 'channels_last',
    ...config,
  });
}

export function maxPooling(name: string): Json {
  return layer('MaxPooling2D', name, { pool_size: [2, 2], strides: [2, 2], data_format: 'channels_last' });
}

/** 784 → hidden → 10. */
export function mlp(hidden: number, unitSamples: number): ModelProgram {
  return programOf({
    layers: [
      dense('hidden', hidden, 'relu', { batch_input_shape: [null, 784] }),
      dense('digits', 10, 'softmax'),
    ],
    params: [
      ['hidden/kernel', 784, hidden],
      ['hidden/bias', hidden],
      ['digits/kernel', hidden, 10],
      ['digits/bias', 10],
    ],
    unitSamples,
  });
}

/** 4 → 3: the least that can be trained. */
export function threeClasses(unitSamples: number): ModelProgram {
  return programOf({
    layers: [dense('classes', 3, 'softmax', { batch_input_shape: [null, 4] })],
    params: [
      ['classes/kernel', 4, 3],
      ['classes/bias', 3],
    ],
    unitSamples,
  });
}

/** 28 × 28 × 1 → conv 8 → pool → conv 16 → pool → 10. */
export function cnn(unitSamples: number): ModelProgram {
  return programOf({
    layers: [
      convolution('conv1', 8, { batch_input_shape: [null, 28, 28, 1] }),
      maxPooling('pool1'),
      convolution('conv2', 16),
      maxPooling('pool2'),
      layer('Flatten', 'flat'),
      dense('digits', 10, 'softmax'),
    ],
    params: [
      ['conv1/kernel', 3, 3, 1, 8],
      ['conv1/bias', 8],
      ['conv2/kernel', 3, 3, 8, 16],
      ['conv2/bias', 16],
      ['digits/kernel', 784, 10],
      ['digits/bias', 10],
    ],
    loss: 'sparseCategoricalCrossentropy',
    unitSamples,
  });
}

/** 6 × 6 × 1 → conv 3 → batch normalization → dropout → 5: every rule of `layer-rules` but the embedding. */
export function everything(unitSamples = 4): ModelProgram {
  return programOf({
    layers: [
      convolution('conv', 3, { batch_input_shape: [null, 6, 6, 1], activation: 'linear' }),
      layer('BatchNormalization', 'norm', {
        axis: -1,
        momentum: 0.9,
        epsilon: 0.001,
        center: true,
        scale: true,
      }),
      layer('Activation', 'gelu', { activation: 'sigmoid' }),
      layer('Dropout', 'drop', { rate: 0.25 }),
      layer('Flatten', 'flat'),
      dense('classes', 5, 'softmax'),
    ],
    params: [
      ['conv/kernel', 3, 3, 1, 3],
      ['conv/bias', 3],
      ['norm/gamma', 3],
      ['norm/beta', 3],
      ['classes/kernel', 108, 5],
      ['classes/bias', 5],
    ],
    state: [
      ['norm/mean', 3],
      ['norm/variance', 3],
    ],
    unitSamples,
  });
}

/** 3 tokens of 11 → table of 4 → mean → 2. */
export function tokens(unitSamples = 4): ModelProgram {
  return programOf({
    layers: [
      layer('Embedding', 'table', {
        input_dim: 11,
        output_dim: 4,
        input_length: 3,
        batch_input_shape: [null, 3],
      }),
      layer('GlobalAveragePooling1D', 'mean'),
      dense('classes', 2, 'softmax'),
    ],
    params: [
      ['table', 11, 4],
      ['classes/kernel', 4, 2],
      ['classes/bias', 2],
    ],
    loss: 'sparseCategoricalCrossentropy',
    unitSamples,
  });
}

/** 4 characters of 7 → table of 6 and places → 2 heads of 3 that look back → normalized → the next of 7, at every place. */
export function characters(unitSamples = 4): ModelProgram {
  return programOf({
    layers: [
      layer('Embedding', 'table', {
        input_dim: 7,
        output_dim: 6,
        input_length: 4,
        batch_input_shape: [null, 4],
      }),
      layer('PositionEmbedding', 'place', { sequence_length: 4 }),
      layer('MultiHeadAttention', 'look', {
        num_heads: 2,
        key_dim: 3,
        use_bias: true,
        use_causal_mask: true,
      }),
      layer('LayerNormalization', 'norm', { axis: [-1], epsilon: 0.001, center: true, scale: true }),
      dense('next', 7, 'softmax'),
    ],
    params: [
      ['table', 7, 6],
      ['place', 4, 6],
      ['look/query/kernel', 6, 2, 3],
      ['look/query/bias', 2, 3],
      ['look/key/kernel', 6, 2, 3],
      ['look/key/bias', 2, 3],
      ['look/value/kernel', 6, 2, 3],
      ['look/value/bias', 2, 3],
      ['look/attention_output/kernel', 2, 3, 6],
      ['look/attention_output/bias', 6],
      ['norm/gamma', 6],
      ['norm/beta', 6],
      ['next/kernel', 6, 7],
      ['next/bias', 7],
    ],
    loss: 'sparseCategoricalCrossentropy',
    unitSamples,
  });
}

/** 3 steps of 2 numbers → a recurrent layer of 3 → 1 number. `gates`: how many kernels lie side by side in its own. */
export function recurrent(className: 'LSTM' | 'GRU' | 'SimpleRNN', gates: number): ModelProgram {
  return programOf({
    layers: [
      layer(className, 'memory', { units: 3, batch_input_shape: [null, 3, 2] }),
      dense('value', 1, 'linear'),
    ],
    params: [
      ['memory/kernel', 2, 3 * gates],
      ['memory/recurrent', 3, 3 * gates],
      ['memory/bias', 3 * gates],
      ['value/kernel', 3, 1],
      ['value/bias', 1],
    ],
    loss: 'meanSquaredError',
    metric: 'meanAbsoluteError',
  });
}

/** Parameters and state for a program: small, of both signs; variances positive. */
export function weightsOf(program: ModelProgram, salt = 1): { params: Float32Array; state: Float32Array } {
  return {
    params: numbers(layoutSize(program.params), salt, (x) => 0.4 * (x - 0.5)),
    state: numbers(layoutSize(program.state), salt + 1, (x) => 0.5 + x),
  };
}

/** `count` samples: inputs in [0, 1) or tokens, one-hot or numbered classes (one for each place), ids from 1000 · salt on. */
export function samplesOf(
  count: number,
  inputSize: number,
  classes:
    | { readonly oneHot: number }
    | { readonly numbered: number; readonly places?: number }
    | { readonly values: number },
  salt = 1,
  tokenCount?: number,
): SampleBatch {
  const inputs = numbers(count * inputSize, 100 + salt, (x) => (tokenCount ? Math.floor(x * tokenCount) : x));
  const ids = Uint32Array.from({ length: count }, (_, i) => 1000 * salt + i);
  if ('values' in classes) {
    return { inputs, targets: numbers(count * classes.values, 200 + salt, (x) => x), ids };
  }
  const width = 'oneHot' in classes ? classes.oneHot : classes.numbered;
  const places = 'numbered' in classes ? (classes.places ?? 1) : 1;
  const labels = numbers(count * places, 200 + salt, (x) => Math.floor(x * width));
  if ('numbered' in classes) return { inputs, targets: labels, ids };
  const targets = new Float32Array(count * width);
  for (const [i, label] of labels.entries()) targets[i * width + label] = 1;
  return { inputs, targets, ids };
}

/** The samples `first` to `first + count` of a batch. */
export function cut(batch: SampleBatch, first: number, count: number): SampleBatch {
  const total = batch.ids.length;
  const part = (values: Float32Array) => {
    const size = values.length / total;
    return values.slice(first * size, (first + count) * size);
  };
  return {
    inputs: part(batch.inputs),
    targets: part(batch.targets),
    ids: batch.ids.slice(first, first + count),
  };
}

/** The same samples once more, for an engine that keeps what it is given. */
export function copyOf(batch: SampleBatch): SampleBatch {
  return cut(batch, 0, batch.ids.length);
}

/** A linear congruential generator: enough for a test, and the same everywhere. */
function numbers(count: number, salt: number, shape: (x: number) => number): Float32Array {
  let x = Math.imul(salt, 2654435761) >>> 0;
  return Float32Array.from({ length: count }, () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return shape(x / 2 ** 32);
  });
}
