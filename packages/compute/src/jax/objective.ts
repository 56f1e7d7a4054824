/** Losses and metrics of `tfjs/objective` in jax-js: the same definitions, summed over samples and never averaged. */

import { nn, numpy as np } from '@jax-js/jax';
import { unreachable } from '@manyhands/core';
import type { LossName, MetricName } from '../engine.ts';

const EPSILON = 1e-7;

/** The loss of each sample, `[samples]`; `output` is `[samples, ...]`. Takes both over. */
export function lossOfSamples(loss: LossName, target: np.Array, output: np.Array): np.Array {
  switch (loss) {
    case 'categoricalCrossentropy':
      return meanOfSamples(crossEntropy(target, output));
    case 'sparseCategoricalCrossentropy':
      return meanOfSamples(crossEntropy(oneHot(target, output), output));
    case 'binaryCrossentropy':
      return meanOfSamples(binaryCrossEntropy(target, output));
    case 'meanSquaredError':
      return meanOfSamples(np.square(output.sub(target)));
    default:
      return unreachable(loss);
  }
}

/** The metric of each sample, `[samples]`: the share of its positions that are right, or its mean absolute error. */
export function metricOfSamples(
  metric: MetricName,
  loss: LossName,
  target: np.Array,
  output: np.Array,
): np.Array {
  switch (metric) {
    case 'accuracy':
      return meanOfSamples(hits(loss, target, output));
    case 'meanAbsoluteError':
      return meanOfSamples(np.absolute(output.sub(target)));
    default:
      return unreachable(metric);
  }
}

function crossEntropy(target: np.Array, output: np.Array): np.Array {
  const probabilities = clip(output.ref.div(output.sum(-1, { keepdims: true })));
  return np.sum(target.mul(np.log(probabilities)), -1).mul(-1);
}

function binaryCrossEntropy(target: np.Array, output: np.Array): np.Array {
  const p = clip(output);
  const yes = target.ref.mul(np.log(p.ref));
  const no = target
    .mul(-1)
    .add(1)
    .mul(np.log(p.mul(-1).add(1)));
  return yes.add(no).mul(-1);
}

/** To [ε, 1 − ε]; what is clipped has no gradient. */
function clip(p: np.Array): np.Array {
  const above = np.where(np.greater(p.ref, EPSILON), p, EPSILON);
  return np.where(np.less(above.ref, 1 - EPSILON), above, 1 - EPSILON);
}

/** 1 for each place that is right, else 0. */
function hits(loss: LossName, target: np.Array, output: np.Array): np.Array {
  if (loss === 'sparseCategoricalCrossentropy') return same(firstLargest(output), target);
  if (loss === 'binaryCrossentropy' || output.shape.at(-1) === 1)
    return same(target, np.greater(output, 0.5).astype(np.float32));
  return same(firstLargest(output), firstLargest(target));
}

/**
 * 1 where two numbers are equal, else 0. The library's own equality of floats is an "or" in the shader, which makes a branch of every
 * place of a reduction that is unrolled: some tens of them, and compilers do not come to their end.
 */
function same(left: np.Array, right: np.Array): np.Array {
  const differs = (one: np.Array, other: np.Array) => np.less(one, other).astype(np.float32);
  return differs(left.ref, right.ref).add(differs(right, left)).mul(-1).add(1);
}

/** Where along the last axis the largest is, the first of equals; without the equality of the library's own, as above. */
function firstLargest(x: np.Array): np.Array {
  const classes = x.shape.at(-1)!;
  const fromTheEnd = np.array(Float32Array.from({ length: classes }, (_, index) => classes - index));
  const largest = np.max(x.ref, -1, { keepdims: true });
  return np
    .max(np.where(np.less(x, largest), 0, fromTheEnd), -1)
    .mul(-1)
    .add(classes);
}

function oneHot(target: np.Array, output: np.Array): np.Array {
  return nn.oneHot(target.astype(np.int32), output.shape.at(-1)!);
}

/** `[samples, ...]` → `[samples]`. */
function meanOfSamples(values: np.Array): np.Array {
  const samples = values.shape[0]!;
  return values.ndim === 1 ? values : np.mean(values.reshape([samples, -1]), 1);
}
