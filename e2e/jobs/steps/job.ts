/** Every unit is twenty steps of training by itself; what comes of four of them is averaged, and travels in eight bits a number. */

import * as tf from '@tensorflow/tfjs';
import { defineJob, iris } from 'manyhands';

export default defineJob({
  name: 'steps',
  title: 'Steps',
  operator: 'the end-to-end tests',
  summary: 'Four measurements of a flower say which of three species it is, learned twenty steps at a time.',
  model: tf.sequential({
    layers: [
      tf.layers.dense({ units: 16, activation: 'relu', inputShape: [4] }),
      tf.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  }),
  dataset: iris(),
  loss: 'categoricalCrossentropy',
  metric: 'accuracy',
  strategy: { kind: 'local', steps: 20, optimizer: { kind: 'adam', learningRate: 0.01 } },
  optimizer: { kind: 'momentum', learningRate: 0.7, momentum: 0.6, nesterov: true },
  batch: { units: 4, unitSamples: 10 },
  codec: { kind: 'int8' },
  seed: 1,
  stop: { steps: 100, metricAtLeast: 0.9 },
  evaluateEverySteps: 2,
});
