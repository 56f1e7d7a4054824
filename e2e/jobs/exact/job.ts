/**
 * Everything that could break exactness in one small model: filters, batch norm, dropout, a tree whose units are no power of two. Few
 * pictures are held out, so that what a test waits for is training.
 */

import * as tf from '@tensorflow/tfjs';
import { defineJob } from 'manyhands';
import { stripes } from '../stripes.ts';

export default defineJob({
  name: 'exact',
  title: 'Exactness',
  operator: 'the end-to-end tests',
  summary: 'Small enough to be trained five times in a test.',
  model: tf.sequential({
    layers: [
      tf.layers.conv2d({
        filters: 4,
        kernelSize: 5,
        strides: 3,
        activation: 'relu',
        inputShape: [28, 28, 1],
      }),
      tf.layers.batchNormalization(),
      tf.layers.flatten(),
      tf.layers.dropout({ rate: 0.25 }),
      tf.layers.dense({ units: 10, activation: 'softmax' }),
    ],
  }),
  dataset: stripes({ train: 2 * 11 * 16, heldOut: 64 }),
  loss: 'sparseCategoricalCrossentropy',
  metric: 'accuracy',
  optimizer: { kind: 'adamw', learningRate: 0.01, weightDecay: 0.001, clip: { kind: 'norm', max: 5 } },
  batch: { units: 11, unitSamples: 16 },
  seed: 42,
  stop: { steps: 1_000_000 },
  evaluateEverySteps: 5,
});
