/** Units whose samples take eight times as much memory as the model: half of one is a real relief. */

import * as tf from '@tensorflow/tfjs';
import { defineJob } from 'manyhands';
import { stripes } from '../stripes.ts';

export default defineJob({
  name: 'wide',
  title: 'Wide',
  operator: 'the end-to-end tests',
  summary: 'Many pixels and few weights, for as long as a test lasts.',
  model: tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [28, 28, 1] }),
      tf.layers.dense({ units: 4, activation: 'relu' }),
      tf.layers.dense({ units: 10, activation: 'softmax' }),
    ],
  }),
  dataset: stripes({ train: 2 * 4 * 32, heldOut: 32 }),
  loss: 'categoricalCrossentropy',
  metric: 'accuracy',
  optimizer: { kind: 'sgd', learningRate: 0.001 },
  batch: { units: 4, unitSamples: 32 },
  seed: 1,
  stop: { steps: 1_000_000 },
  evaluateEverySteps: 1_000,
});
