import * as tf from '@tensorflow/tfjs';
import { defineJob, mnist } from 'manyhands';

export default defineJob({
  name: 'mnist-cnn',
  title: 'Reading handwritten digits',
  operator: 'the Manyhands example',
  summary:
    'A network with two layers of filters learns to tell handwritten digits apart, from 8,000 pictures that are shared among everybody here.',
  model: tf.sequential({
    layers: [
      tf.layers.conv2d({
        filters: 8,
        kernelSize: 5,
        strides: 2,
        activation: 'relu',
        inputShape: [28, 28, 1],
      }),
      tf.layers.conv2d({ filters: 16, kernelSize: 5, strides: 2, activation: 'relu' }),
      tf.layers.flatten(),
      tf.layers.dropout({ rate: 0.5 }),
      tf.layers.dense({ units: 64, activation: 'relu' }),
      tf.layers.dense({ units: 10, activation: 'softmax' }),
    ],
  }),
  dataset: mnist(),
  loss: 'categoricalCrossentropy',
  metric: 'accuracy',
  optimizer: {
    kind: 'adam',
    learningRate: { kind: 'cosine', initial: 0.015, final: 0.0015, overSteps: 300 },
  },
  batch: { units: 8, unitSamples: 128 },
  seed: 1,
  stop: { steps: 300 },
  evaluateEverySteps: 10,
  trial: 'digit-pad',
});
