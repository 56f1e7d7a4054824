/** Nobody waits for anybody: two units, whoever computed them and whenever they were begun, make a version. */

import * as tf from '@tensorflow/tfjs';
import { defineJob, iris } from 'manyhands';

export default defineJob({
  name: 'unawaited',
  title: 'Unawaited',
  operator: 'the end-to-end tests',
  summary: 'Four measurements of a flower say which of three species it is, learned without waiting.',
  model: tf.sequential({
    layers: [
      tf.layers.dense({ units: 16, activation: 'relu', inputShape: [4] }),
      tf.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  }),
  dataset: iris(),
  loss: 'categoricalCrossentropy',
  metric: 'accuracy',
  strategy: { kind: 'async', stalenessMax: 8 },
  optimizer: { kind: 'adam', learningRate: 0.01 },
  batch: { units: 2, unitSamples: 15 },
  updates: { kind: 'int8' },
  seed: 1,
  stop: { steps: 2_000, metricAtLeast: 0.9 },
  evaluateEverySteps: 25,
});
