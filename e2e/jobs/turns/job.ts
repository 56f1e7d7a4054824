/** A job whose every version is to be the bytes of one class of device, for as long as a test lasts. */

import * as tf from '@tensorflow/tfjs';
import { defineJob, iris } from 'manyhands';

export default defineJob({
  name: 'turns',
  title: 'Turns',
  operator: 'the end-to-end tests',
  summary: 'Four measurements of a flower say which of three species it is, to the last bit.',
  model: tf.sequential({
    layers: [
      tf.layers.dense({ units: 32, activation: 'tanh', inputShape: [4] }),
      tf.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  }),
  dataset: iris(),
  loss: 'categoricalCrossentropy',
  metric: 'accuracy',
  optimizer: { kind: 'adam', learningRate: 0.001 },
  batch: { units: 8, unitSamples: 15 },
  seed: 1,
  stop: { steps: 1_000_000 },
  evaluateEverySteps: 1_000,
  exact: true,
});
