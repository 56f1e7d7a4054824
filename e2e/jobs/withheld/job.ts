/** Of every gradient an eighth is sent, for as long as anybody looks. */

import * as tf from '@tensorflow/tfjs';
import { defineJob, iris } from 'manyhands';

export default defineJob({
  name: 'withheld',
  title: 'Withheld',
  operator: 'the end-to-end tests',
  summary:
    'Four measurements of a flower say which of three species it is, told in a few bits, for as long as anybody looks.',
  model: tf.sequential({
    layers: [
      tf.layers.dense({ units: 64, activation: 'relu', inputShape: [4] }),
      tf.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  }),
  dataset: iris(),
  loss: 'categoricalCrossentropy',
  metric: 'accuracy',
  optimizer: { kind: 'sgd', learningRate: 0.001 },
  batch: { units: 4, unitSamples: 10 },
  codec: { kind: 'top-k', kept: 64, bits: 4 },
  seed: 1,
  stop: { steps: 1_000_000 },
  evaluateEverySteps: 1_000,
});
