import * as tf from '@tensorflow/tfjs';
import { defineJob, iris } from 'manyhands';

export default defineJob({
  name: 'iris',
  title: 'Telling irises apart',
  operator: 'the Manyhands example',
  summary: 'Four measurements of a flower say which of three species it is.',
  model: tf.sequential({
    layers: [
      tf.layers.dense({ units: 16, activation: 'relu', inputShape: [4] }),
      tf.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  }),
  dataset: iris(),
  loss: 'categoricalCrossentropy',
  metric: 'accuracy',
  optimizer: { kind: 'adam', learningRate: 0.02 },
  batch: { units: 4, unitSamples: 15 },
  seed: 1,
  stop: { steps: 200 },
  evaluateEverySteps: 20,
  trial: 'values',
});
