/** The shortest way from characters to characters: a table, places, one look back, and what comes next. */

import * as tf from '@tensorflow/tfjs';
import { defineJob, layers, mobyDick } from 'manyhands';

export default defineJob({
  name: 'letters',
  title: 'Letters',
  operator: 'the end-to-end tests',
  summary: 'What comes after sixteen characters of a novel, by a model that is over in a moment.',
  model: tf.sequential({
    layers: [
      tf.layers.embedding({ inputDim: 81, outputDim: 16, inputLength: 16 }),
      layers.positionEmbedding({ sequenceLength: 16 }),
      layers.multiHeadAttention({ numHeads: 2, keyDim: 8, useCausalMask: true }),
      tf.layers.dense({ units: 81, activation: 'softmax' }),
    ],
  }),
  dataset: mobyDick({ context: 16 }),
  loss: 'sparseCategoricalCrossentropy',
  metric: 'accuracy',
  optimizer: { kind: 'adam', learningRate: 0.01 },
  batch: { units: 4, unitSamples: 8 },
  seed: 1,
  stop: { steps: 1_000_000 },
  evaluateEverySteps: 1_000,
  trial: 'text',
});
