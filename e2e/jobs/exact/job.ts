/**
 * Everything that could break exactness in one small model: filters, batch norm, dropout, a tree whose units are no power of two. Its
 * pictures are made by a rule, and few are held out, so that what a test waits for is training.
 */

import * as tf from '@tensorflow/tfjs';
import { arrays, defineJob } from 'manyhands';

const SIDE = 28;
const CLASSES = 10;
/** Two batches, and a unit of evaluation. */
const TRAIN = 2 * 11 * 16;
const HELD_OUT = 64;
const pictures = Array.from({ length: TRAIN + HELD_OUT }, (_, index) => index);

/** Bytes: stripes that lean as their class says, each picture's at places of its own. */
function stripes(index: number): number[][][] {
  const slope = index % CLASSES;
  return Array.from({ length: SIDE }, (_, y) =>
    Array.from({ length: SIDE }, (_, x) => [(23 * (x + slope * y) + 7 * index) % 256]),
  );
}

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
        inputShape: [SIDE, SIDE, 1],
      }),
      tf.layers.batchNormalization(),
      tf.layers.flatten(),
      tf.layers.dropout({ rate: 0.25 }),
      tf.layers.dense({ units: CLASSES, activation: 'softmax' }),
    ],
  }),
  dataset: arrays({
    name: 'Stripes',
    origin: 'made by the end-to-end tests',
    licence: 'MIT',
    inputs: pictures.map(stripes),
    scale: 1 / 255,
    targets: {
      kind: 'class',
      classes: Array.from({ length: CLASSES }, (_, slope) => `slope ${slope}`),
      labels: pictures.map((index) => index % CLASSES),
    },
    heldOut: HELD_OUT,
  }),
  loss: 'sparseCategoricalCrossentropy',
  metric: 'accuracy',
  optimizer: { kind: 'adamw', learningRate: 0.01, weightDecay: 0.001, clip: { kind: 'norm', max: 5 } },
  batch: { units: 11, unitSamples: 16 },
  seed: 42,
  stop: { steps: 1_000_000 },
  evaluateEverySteps: 5,
});
