/** A job over 150 flowers, so small that nobody waits for it: what a test is about is how it trains, and that its file says. */

import * as tf from '@tensorflow/tfjs';
import { defineJob, iris, type JobDefinition } from 'manyhands';

interface Flowers
  extends Omit<JobDefinition, 'operator' | 'model' | 'dataset' | 'loss' | 'metric' | 'seed' | 'trial'> {
  /** Between the four measurements and the three species. */
  readonly hidden: { readonly units: number; readonly activation: 'relu' | 'tanh' };
}

export function flowers({ hidden, ...job }: Flowers): JobDefinition {
  return defineJob({
    ...job,
    operator: 'the end-to-end tests',
    model: tf.sequential({
      layers: [
        tf.layers.dense({ ...hidden, inputShape: [4] }),
        tf.layers.dense({ units: 3, activation: 'softmax' }),
      ],
    }),
    dataset: iris(),
    loss: 'categoricalCrossentropy',
    metric: 'accuracy',
    seed: 1,
  });
}
