/** A character model small enough to be trained often: `examples/charlm` with one block of width 32 and a context of 32 characters. */

import * as tf from '@tensorflow/tfjs';
import { defineJob, layers, mobyDick } from 'manyhands';

const CONTEXT = 32;
const CHARACTERS = 81;
const WIDTH = 32;

const small = () => tf.initializers.randomNormal({ stddev: 0.1 });
const follow = (layer: tf.layers.Layer, input: tf.SymbolicTensor) => layer.apply(input) as tf.SymbolicTensor;
const sum = (one: tf.SymbolicTensor, other: tf.SymbolicTensor) =>
  tf.layers.add().apply([one, other]) as tf.SymbolicTensor;
const normalized = (input: tf.SymbolicTensor) => follow(tf.layers.layerNormalization(), input);

function model(): tf.LayersModel {
  const inputs = tf.input({ shape: [CONTEXT] });
  const table = tf.layers.embedding({
    inputDim: CHARACTERS,
    outputDim: WIDTH,
    embeddingsInitializer: small(),
  });
  const places = layers.positionEmbedding({ sequenceLength: CONTEXT, embeddingsInitializer: small() });
  const read = follow(places, follow(table, inputs));
  const attention = layers.multiHeadAttention({ numHeads: 2, keyDim: WIDTH / 2, useCausalMask: true });
  const seen = sum(read, follow(attention, normalized(read)));
  const wide = tf.layers.dense({ units: 4 * WIDTH, activation: 'relu' });
  const thought = sum(seen, follow(tf.layers.dense({ units: WIDTH }), follow(wide, normalized(seen))));
  const next = tf.layers.dense({ units: CHARACTERS, activation: 'softmax' });
  return tf.model({ inputs, outputs: follow(next, normalized(thought)) });
}

export default defineJob({
  name: 'characters',
  title: 'Guessing the next character',
  operator: 'a benchmark',
  summary: 'A very small language model learns which character comes next in Moby-Dick.',
  model: model(),
  dataset: mobyDick({ context: CONTEXT, stride: CONTEXT }),
  loss: 'sparseCategoricalCrossentropy',
  metric: 'accuracy',
  optimizer: { kind: 'adam', learningRate: 0.01 },
  batch: { units: 8, unitSamples: 16 },
  seed: 1,
  stop: { steps: 300 },
  evaluateEverySteps: 10,
});
