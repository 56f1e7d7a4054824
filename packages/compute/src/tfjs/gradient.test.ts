/** Is the gradient the derivative of the loss? Asked of the loss itself, by moving the parameters a little. */

import { contributionParts, type ParamSpec } from '@manyhands/core';
import { describe, expect, test } from 'vitest';
import type { Engine, ModelProgram, SampleBatch } from '../engine.ts';
import { openOnCpu } from '../testing/opened.ts';
import {
  characters,
  cnn,
  convolution,
  dense,
  everything,
  layer,
  maxPooling,
  programOf,
  recurrent,
  samplesOf,
  tokens,
  weightsOf,
} from '../testing/programs.ts';

const regularizer = { class_name: 'L1L2', config: { l1: 0, l2: 0.1 } };

const sigmoids = programOf({
  layers: [
    dense('hidden', 4, 'tanh', { batch_input_shape: [null, 3], kernel_regularizer: regularizer }),
    dense('yes', 2, 'sigmoid'),
  ],
  params: [
    ['hidden/kernel', 3, 4],
    ['hidden/bias', 4],
    ['yes/kernel', 4, 2],
    ['yes/bias', 2],
  ],
  loss: 'binaryCrossentropy',
});

const pooled = programOf({
  layers: [
    convolution('conv', 2, { batch_input_shape: [null, 6, 6, 1], activation: 'tanh' }),
    maxPooling('pool'),
    layer('Flatten', 'flat'),
    dense('classes', 3, 'softmax'),
  ],
  params: [
    ['conv/kernel', 3, 3, 1, 2],
    ['conv/bias', 2],
    ['classes/kernel', 18, 3],
    ['classes/bias', 3],
  ],
});

describe('gradient', () => {
  test.each<[string, ModelProgram, SampleBatch]>([
    ['dense, regularized', sigmoids, samplesOf(4, 3, { values: 2 })],
    ['convolution and pooling', pooled, samplesOf(4, 36, { oneHot: 3 })],
    ['batch normalization and dropout', everything(4), samplesOf(4, 36, { oneHot: 5 })],
    ['embedding', tokens(4), samplesOf(4, 3, { numbered: 2 }, 1, 11)],
    ['attention', characters(4), samplesOf(4, 4, { numbered: 7, places: 4 }, 1, 7)],
    ['LSTM', recurrent('LSTM', 4), samplesOf(4, 6, { values: 1 })],
    ['GRU', recurrent('GRU', 3), samplesOf(4, 6, { values: 1 })],
    ['SimpleRNN', recurrent('SimpleRNN', 1), samplesOf(4, 6, { values: 1 })],
  ])('[GR1] it is the derivative of the summed loss: %s', async (_name, program, batch) => {
    // Weights at which no maximum of a pool is about to change hands: there the loss has no derivative.
    const weights = weightsOf(program, 2);
    const engine = await openOnCpu(program, weights);
    const loss = async (params: Float32Array) => {
      engine.setParams(params, weights.state);
      return (await oneUnit(engine, batch)).lossSum;
    };
    const { gradientSum } = await oneUnit(engine, batch);
    for (const spec of program.params) {
      const direction = signsOn(spec, weights.params.length);
      const expected = await slope(loss, weights.params, direction);
      const actual = gradientSum.reduce((sum, g, i) => sum + g * direction[i]!, 0);
      expect(Math.abs(actual - expected), spec.name).toBeLessThan(5e-4 * Math.max(1, Math.abs(expected)));
    }
  });

  test('[GR2] it is a sum: twice the same samples give twice the gradient, loss and metric', async () => {
    const once = samplesOf(2, 784, { numbered: 10 });
    const twice = {
      inputs: Float32Array.of(...once.inputs, ...once.inputs),
      targets: Float32Array.of(...once.targets, ...once.targets),
      ids: Uint32Array.of(...once.ids, ...once.ids),
    };
    const engine = await openOnCpu(cnn(2));
    const half = await engine.gradient(once, { first: 0, count: 1 }, 2, 0);
    const whole = await engine.gradient(twice, { first: 0, count: 2 }, 2, 0);
    expect(whole).toEqual(half.map((x) => 2 * x));
  });
});

async function oneUnit(engine: Engine, batch: SampleBatch) {
  const vector = await engine.gradient(batch, { first: 0, count: 1 }, 1, 5);
  return contributionParts(vector, engine.shape);
}

/** ±1 on one tensor and 0 elsewhere, so that a derivative along it speaks for every element of that tensor. */
function signsOn({ offset, size }: ParamSpec, length: number): Float32Array {
  const inside = (i: number) => i >= offset && i < offset + size;
  return Float32Array.from({ length }, (_, i) =>
    inside(i) ? (Math.imul(i + 1, 2654435761) < 0 ? -1 : 1) : 0,
  );
}

/** The derivative of `f` along `direction`, as a central difference. */
async function slope(
  f: (at: Float32Array) => Promise<number>,
  at: Float32Array,
  direction: Float32Array,
): Promise<number> {
  const h = 1 / 1024;
  const ahead = await f(at.map((x, i) => x + h * direction[i]!));
  const behind = await f(at.map((x, i) => x - h * direction[i]!));
  return (ahead - behind) / (2 * h);
}
