/** Steps as short as they can be, so that very many of them are over in the time of a soak: one sample, one layer, one read. */

import * as tf from '@tensorflow/tfjs';
import { defineJob, iris } from 'manyhands';

export default defineJob({
  name: 'brief',
  title: 'Brief',
  operator: 'the benchmarks',
  summary: 'One flower a step, for as long as a soak lasts.',
  model: tf.sequential({ layers: [tf.layers.dense({ units: 3, activation: 'softmax', inputShape: [4] })] }),
  dataset: iris(),
  loss: 'categoricalCrossentropy',
  metric: 'accuracy',
  optimizer: { kind: 'sgd', learningRate: 0.001 },
  batch: { units: 1, unitSamples: 1 },
  seed: 1,
  stop: { steps: 1_000_000 },
  evaluateEverySteps: 1_000,
});
