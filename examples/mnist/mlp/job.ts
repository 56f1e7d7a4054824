import * as tf from '@tensorflow/tfjs';
import { defineJob, mnist } from 'manyhands';

export default defineJob({
  name: 'mnist-mlp',
  title: 'Reading handwritten digits',
  operator: 'the Manyhands example',
  summary:
    'A small network learns to tell handwritten digits apart, from 8,000 pictures that are shared among everybody here.',
  model: tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [28, 28, 1] }),
      tf.layers.dense({ units: 128, activation: 'relu' }),
      tf.layers.dense({ units: 10, activation: 'softmax' }),
    ],
  }),
  dataset: mnist(),
  loss: 'categoricalCrossentropy',
  metric: 'accuracy',
  optimizer: { kind: 'adam', learningRate: 0.02 },
  batch: { units: 8, unitSamples: 128 },
  seed: 1,
  stop: { steps: 150 },
  evaluateEverySteps: 10,
  trial: 'digit-pad',
});
