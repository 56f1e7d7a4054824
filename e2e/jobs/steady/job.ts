/** A job that is over when the test is: small units, so that whatever happens happens in the middle of one. */

import * as tf from '@tensorflow/tfjs';
import { defineJob, iris } from 'manyhands';

export default defineJob({
  name: 'steady',
  title: 'Steady',
  operator: 'the end-to-end tests',
  summary: 'Four measurements of a flower say which of three species it is, for as long as a test lasts.',
  model: tf.sequential({
    layers: [
      tf.layers.dense({ units: 16, activation: 'relu', inputShape: [4] }),
      tf.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  }),
  dataset: iris(),
  loss: 'categoricalCrossentropy',
  metric: 'accuracy',
  optimizer: { kind: 'sgd', learningRate: 0.001 },
  batch: { units: 8, unitSamples: 5 },
  seed: 1,
  stop: { steps: 1_000_000 },
  evaluateEverySteps: 1_000,
});
