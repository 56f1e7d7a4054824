import * as tf from '@tensorflow/tfjs';
import { defineJob, mnist } from 'manyhands';

/** The network of `mnist/mlp`, learned with few bytes: every volunteer trains by itself for forty steps, and what came of it is averaged. */
export default defineJob({
  name: 'mnist-local',
  title: 'Reading handwritten digits, over thin lines',
  operator: 'the Manyhands example',
  summary:
    'A small network learns to tell handwritten digits apart. Every device learns for a while by itself, and they put together what they found.',
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
  strategy: { kind: 'local', steps: 40, optimizer: { kind: 'adam', learningRate: 0.01 } },
  optimizer: { kind: 'sgd', learningRate: 1 },
  batch: { units: 8, unitSamples: 128 },
  codec: { kind: 'top-k', kept: 256, bits: 4 },
  updates: { kind: 'top-k', kept: 512, bits: 8 },
  seed: 1,
  stop: { steps: 30, metricAtLeast: 0.95 },
  evaluateEverySteps: 1,
  trial: 'digit-pad',
});
