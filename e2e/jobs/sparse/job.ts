/** Of every gradient an eighth is sent, in four bits a number, and back comes what changed, in eight; the rest follows later. */

import * as tf from '@tensorflow/tfjs';
import { defineJob, iris } from 'manyhands';

export default defineJob({
  name: 'sparse',
  title: 'Sparse',
  operator: 'the end-to-end tests',
  summary: 'Four measurements of a flower say which of three species it is, told in a few bits.',
  model: tf.sequential({
    layers: [
      tf.layers.dense({ units: 64, activation: 'relu', inputShape: [4] }),
      tf.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  }),
  dataset: iris(),
  loss: 'categoricalCrossentropy',
  metric: 'accuracy',
  optimizer: { kind: 'momentum', learningRate: 0.05, momentum: 0.9, nesterov: false },
  batch: { units: 4, unitSamples: 10 },
  codec: { kind: 'top-k', kept: 512, bits: 4 },
  updates: { kind: 'int8' },
  seed: 1,
  stop: { steps: 1_000, metricAtLeast: 0.9 },
  evaluateEverySteps: 20,
});
