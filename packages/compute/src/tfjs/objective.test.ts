import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { LossName, MetricName } from '../engine.ts';
import { targetShapeOf } from '../target-shape.ts';
import { lossOfSamples, metricOfSamples } from './objective.ts';

const ln = Math.log;
/** 1 − 10⁻⁷ in float32, as the clipping rounds it. */
const CERTAIN = Math.fround(1 - 1e-7);

describe('losses, summed by hand', () => {
  test.each<[LossName, number[][], number[][], number[]]>([
    [
      'categoricalCrossentropy',
      [
        [1, 0],
        [0, 1],
      ],
      [
        [0.75, 0.25],
        [0.5, 0.5],
      ],
      [-ln(0.75), -ln(0.5)],
    ],
    // Not normalized: Keras divides by the sum first.
    ['categoricalCrossentropy', [[0, 1]], [[1, 3]], [-ln(0.75)]],
    [
      'categoricalCrossentropy',
      [
        [1, 0],
        [0, 1],
      ],
      [
        [0, 1],
        [0, 1],
      ],
      [-ln(1e-7), -ln(CERTAIN)],
    ],
    ['binaryCrossentropy', [[1, 0]], [[0.8, 0.4]], [-(ln(0.8) + ln(0.6)) / 2]],
    ['binaryCrossentropy', [[1], [0]], [[0], [0]], [-ln(1e-7), -ln(CERTAIN)]],
    [
      'meanSquaredError',
      [
        [1, 2],
        [0, 0],
      ],
      [
        [0, 4],
        [3, 0],
      ],
      [2.5, 4.5],
    ],
  ])('[OB1] %s of %j for %j', (loss, target, output, expected) => {
    expectClose(lossOfSamples(loss, tf.tensor(target), tf.tensor(output)), expected);
  });

  test('[OB1] sparseCategoricalCrossentropy takes class numbers', () => {
    const output = tf.tensor2d([0.1, 0.2, 0.7, 0.3, 0.3, 0.4], [2, 3]);
    const loss = lossOfSamples('sparseCategoricalCrossentropy', tf.tensor1d([2, 0]), output);
    expectClose(loss, [-ln(0.7), -ln(0.3)]);
  });

  test('[OB2] over the positions of a sample a loss is a mean, over samples it is left to the sum', () => {
    const output = tf.tensor3d([0.5, 0.5, 0.25, 0.75, 1, 0, 0.5, 0.5], [2, 2, 2]);
    const target = tf.tensor2d([0, 1, 0, 1], [2, 2]);
    const loss = lossOfSamples('sparseCategoricalCrossentropy', target, output);
    expectClose(loss, [-(ln(0.5) + ln(0.75)) / 2, -(ln(CERTAIN) + ln(0.5)) / 2]);
  });

  test('[OB3] a target is shaped as the output, or one axis less where it is a class number', () => {
    expect(targetShapeOf('meanSquaredError', [4, 5])).toEqual([4, 5]);
    expect(targetShapeOf('sparseCategoricalCrossentropy', [4, 5])).toEqual([4]);
    expect(targetShapeOf('sparseCategoricalCrossentropy', [10])).toEqual([]);
  });
});

describe('metrics, summed by hand', () => {
  test.each<[MetricName, LossName, number[] | number[][], number[][], number[]]>([
    [
      'accuracy',
      'categoricalCrossentropy',
      [
        [1, 0],
        [0, 1],
      ],
      [
        [0.6, 0.4],
        [0.6, 0.4],
      ],
      [1, 0],
    ],
    [
      'accuracy',
      'sparseCategoricalCrossentropy',
      [1, 1],
      [
        [0.6, 0.4],
        [0.4, 0.6],
      ],
      [0, 1],
    ],
    [
      'accuracy',
      'binaryCrossentropy',
      [
        [1, 0],
        [1, 1],
      ],
      [
        [0.6, 0.4],
        [0.5, 0.9],
      ],
      [1, 0.5],
    ],
    ['accuracy', 'meanSquaredError', [[1], [0]], [[0.9], [0.7]], [1, 0]],
    [
      'meanAbsoluteError',
      'meanSquaredError',
      [
        [1, 2],
        [0, 0],
      ],
      [
        [0, 4],
        [3, 0],
      ],
      [1.5, 1.5],
    ],
  ])('[OB4] %s under %s of %j for %j', (metric, loss, target, output, expected) => {
    expectClose(metricOfSamples(metric, loss, tf.tensor(target), tf.tensor(output)), expected);
  });
});

function expectClose(actual: tf.Tensor, expected: readonly number[]): void {
  expect(actual.shape).toEqual([expected.length]);
  for (const [i, value] of actual.dataSync().entries()) expect(value).toBeCloseTo(expected[i]!, 5);
}
