/**
 * Losses and metrics as Keras defines them, with one difference: they are summed over samples, never averaged, so that
 * sums from anywhere can be added. Over the other axes of a sample (positions of a sequence, pixels) they are means.
 * Class losses take probabilities, clipped to [ε, 1 − ε], as Keras does with a softmax or sigmoid output.
 */

import { unreachable } from '@manyhands/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LossName, MetricName } from '../engine.ts';

const EPSILON = 1e-7;

/** The loss of each sample, `[samples]`; `output` is `[samples, ...]`. */
export function lossOfSamples(loss: LossName, target: tf.Tensor, output: tf.Tensor): tf.Tensor1D {
  switch (loss) {
    case 'categoricalCrossentropy':
      return meanOfSamples(crossEntropy(target, output));
    case 'sparseCategoricalCrossentropy':
      return meanOfSamples(crossEntropy(tf.oneHot(tf.cast(target, 'int32'), classesOf(output)), output));
    case 'binaryCrossentropy':
      return meanOfSamples(binaryCrossEntropy(target, output));
    case 'meanSquaredError':
      return meanOfSamples(tf.square(tf.sub(output, target)));
    default:
      return unreachable(loss);
  }
}

/** The metric of each sample, `[samples]`: the share of its positions that are right, or its mean absolute error. */
export function metricOfSamples(
  metric: MetricName,
  loss: LossName,
  target: tf.Tensor,
  output: tf.Tensor,
): tf.Tensor1D {
  switch (metric) {
    case 'accuracy':
      return meanOfSamples(tf.cast(hits(loss, target, output), 'float32'));
    case 'meanAbsoluteError':
      return meanOfSamples(tf.abs(tf.sub(output, target)));
    default:
      return unreachable(metric);
  }
}

/** How many classes the last axis of an output tells apart. */
export function classesOf(output: { readonly shape: readonly number[] }): number {
  return output.shape.at(-1)!;
}

function crossEntropy(target: tf.Tensor, output: tf.Tensor): tf.Tensor {
  const probabilities = clip(tf.div(output, tf.sum(output, -1, true)));
  return tf.neg(tf.sum(tf.mul(target, tf.log(probabilities)), -1));
}

function binaryCrossEntropy(target: tf.Tensor, output: tf.Tensor): tf.Tensor {
  const p = clip(output);
  const yes = tf.mul(target, tf.log(p));
  const no = tf.mul(tf.sub(1, target), tf.log(tf.sub(1, p)));
  return tf.neg(tf.add(yes, no));
}

function clip(probabilities: tf.Tensor): tf.Tensor {
  return tf.clipByValue(probabilities, EPSILON, 1 - EPSILON);
}

/** Which positions are right; as in Keras, the loss and the output's shape decide what "right" means. */
function hits(loss: LossName, target: tf.Tensor, output: tf.Tensor): tf.Tensor {
  const guess = () => tf.argMax(output, -1);
  if (loss === 'sparseCategoricalCrossentropy') return tf.equal(guess(), tf.cast(target, 'int32'));
  if (loss === 'binaryCrossentropy' || classesOf(output) === 1) {
    return tf.equal(target, tf.cast(tf.greater(output, 0.5), 'float32'));
  }
  return tf.equal(guess(), tf.argMax(target, -1));
}

/** `[samples, ...]` → `[samples]`. */
function meanOfSamples(values: tf.Tensor): tf.Tensor1D {
  const samples = values.shape[0]!;
  return values.rank === 1 ? (values as tf.Tensor1D) : tf.mean(tf.reshape(values, [samples, -1]), 1);
}
