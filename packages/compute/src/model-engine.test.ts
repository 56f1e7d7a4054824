import { contributionParts, createReduction, merge } from '@manyhands/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { openOnCpu } from './testing/opened.ts';
import {
  characters,
  cnn,
  cut,
  dense,
  everything,
  layer,
  mlp,
  programOf,
  recurrent,
  samplesOf,
  tokens,
  weightsOf,
} from './testing/programs.ts';

test('[GE6] an engine that has no kernels for it does not encode, and says so', async () => {
  expect((await openOnCpu(everything(4))).encodedGradient).toBe(undefined);
});

describe('a block', () => {
  test.each([8, 7, 5, 1])(
    '[BL1] of all %i units is its units merged in the order of the tree',
    async (units) => {
      const batch = samplesOf(units * 4, 36, { oneHot: 5 });
      const engine = await openOnCpu(everything(4));
      const reduction = createReduction(units);
      for (let index = 0; index < units; index++) {
        const unit = await engine.gradient(cut(batch, index * 4, 4), { first: index, count: 1 }, units, 3);
        reduction.add({ level: 0, index }, unit);
      }
      const block = await engine.gradient(batch, { first: 0, count: units }, units, 3);
      expect(bytes(block)).toEqual(bytes(reduction.root!));
    },
  );

  test('[BL2] blocks of any size lead to the same root', async () => {
    const units = 7;
    const batch = samplesOf(units * 4, 36, { oneHot: 5 });
    const engine = await openOnCpu(everything(4));
    const whole = await engine.gradient(batch, { first: 0, count: units }, units, 3);
    for (const level of [0, 1, 2]) {
      const reduction = createReduction(units);
      for (let index = 0; index * 2 ** level < units; index++) {
        const first = index * 2 ** level;
        const count = Math.min(2 ** level, units - first);
        const samples = cut(batch, first * 4, count * 4);
        reduction.add({ level, index }, await engine.gradient(samples, { first, count }, units, 3));
      }
      expect(bytes(reduction.root!)).toEqual(bytes(whole));
    }
  });

  test('[BL3] calls made at once take their turn', async () => {
    const engine = await openOnCpu(everything(4));
    const batch = samplesOf(8, 36, { oneHot: 5 });
    const before = engine.gradient(batch, { first: 0, count: 2 }, 2, 0);
    const { params, state } = weightsOf(everything(4), 9);
    engine.setParams(params, state);
    params.fill(0);
    const after = engine.gradient(batch, { first: 0, count: 2 }, 2, 0);
    const fresh = weightsOf(everything(4));
    engine.setParams(fresh.params, fresh.state);
    const again = engine.gradient(batch, { first: 0, count: 2 }, 2, 0);
    expect(await again).toEqual(await before);
    expect(await after).not.toEqual(await before);
  });
});

describe('batch normalization', () => {
  const normalized = programOf({
    layers: [
      layer('BatchNormalization', 'norm', { batch_input_shape: [null, 2], momentum: 0.75, epsilon: 0.001 }),
      dense('value', 1, 'linear'),
    ],
    params: [
      ['norm/gamma', 2],
      ['norm/beta', 2],
      ['value/kernel', 2, 1],
      ['value/bias', 1],
    ],
    state: [
      ['norm/mean', 2],
      ['norm/variance', 2],
    ],
    loss: 'meanSquaredError',
    metric: 'meanAbsoluteError',
    unitSamples: 4,
  });
  const batch = {
    inputs: Float32Array.of(1, 0, 2, 0, 3, 4, 6, 4),
    targets: new Float32Array(4),
    ids: Uint32Array.of(0, 1, 2, 3),
  };
  const weights = {
    params: new Float32Array(7).fill(0.5),
    state: Float32Array.of(1, 2, 3, 4),
  };

  test('[BN1] a unit answers count × new state, computed from the round’s state', async () => {
    const engine = await openOnCpu(normalized, weights);
    const vector = await engine.gradient(batch, { first: 0, count: 1 }, 1, 0);
    const { stateSum } = contributionParts(vector, engine.shape);
    // The means are 3 and 2, the variances 3.5 and 4; TF.js keeps 3/4 of the old and takes 1/4 of the new.
    const expected = [0.75 * 1 + 0.25 * 3, 0.75 * 2 + 0.25 * 2, 0.75 * 3 + 0.25 * 3.5, 0.75 * 4 + 0.25 * 4];
    for (const [i, value] of expected.entries()) expect(stateSum[i]).toBeCloseTo(4 * value, 5);
  });

  test('[BN2] state is data: a unit leaves none behind for the next', async () => {
    const engine = await openOnCpu(normalized, weights);
    const unit = () => engine.gradient(batch, { first: 0, count: 1 }, 2, 0);
    const [first, second] = [await unit(), await unit()];
    expect(second).toEqual(first);
    const both = {
      inputs: Float32Array.of(...batch.inputs, ...batch.inputs),
      targets: new Float32Array(8),
      ids: Uint32Array.of(0, 1, 2, 3, 0, 1, 2, 3),
    };
    const block = await engine.gradient(both, { first: 0, count: 2 }, 2, 0);
    expect(block).toEqual(merge(first.slice(), second));
  });
});

describe('dropout', () => {
  const rate = 0.5;
  const dropped = programOf({
    layers: [
      layer('Dropout', 'drop', { rate, batch_input_shape: [null, 32] }),
      dense('value', 1, 'linear', { use_bias: false }),
    ],
    params: [['value/kernel', 32, 1]],
    loss: 'meanSquaredError',
    metric: 'meanAbsoluteError',
    unitSamples: 3,
  });

  /** The loss of each sample with dropout: 1 − Σ mask, squared, tells the masks apart by what they keep. */
  const ones = (...ids: number[]) => ({
    inputs: new Float32Array(ids.length * 32).fill(1),
    targets: new Float32Array(ids.length).fill(1),
    ids: Uint32Array.from(ids),
  });
  const weights = {
    params: Float32Array.from({ length: 32 }, (_, i) => 1 + i / 8),
    state: new Float32Array(),
  };

  test('[DR1] the mask follows the sample, not its place in the batch', async () => {
    const engine = await openOnCpu(dropped, weights);
    const gradient = (...ids: number[]) => engine.gradient(ones(...ids), { first: 0, count: 1 }, 1, 4);
    const closeTo = (actual: Float32Array, expected: Float32Array) => {
      for (const [i, x] of expected.entries()) expect(actual[i]! / (x || 1)).toBeCloseTo(x === 0 ? 0 : 1, 5);
    };
    closeTo(await gradient(3, 2, 1), await gradient(1, 2, 3));
    expect(await gradient(1, 2, 3)).toEqual(await gradient(1, 2, 3));
    expect(await gradient(1, 2, 4)).not.toEqual(await gradient(1, 2, 3));
  });

  test('[DR2] another step draws another mask, and inference draws none', async () => {
    const engine = await openOnCpu(dropped, weights);
    const batch = ones(1, 2, 3);
    const run = { first: 0, count: 1 };
    expect(await engine.gradient(batch, run, 1, 5)).not.toEqual(await engine.gradient(batch, run, 1, 4));
    const sum = weights.params.reduce((total, x) => total + x, 0);
    expect(await engine.predict(batch.inputs, 3)).toEqual(new Float32Array(3).fill(sum));
  });
});

describe('evaluation and prediction', () => {
  test('[EV1] sums over any number of samples: what fills the last pass up counts for nothing', async () => {
    const engine = await openOnCpu(mlp(6, 4));
    const batch = samplesOf(11, 784, { oneHot: 10 });
    const whole = await engine.evaluate(batch);
    const singles = await Promise.all(
      Array.from({ length: 11 }, (_, i) => engine.evaluate(cut(batch, i, 1))),
    );
    expect(whole.samples).toBe(11);
    expect(whole.metricSum).toBe(singles.reduce((sum, { metricSum }) => sum + metricSum, 0));
    expect(whole.lossSum).toBeCloseTo(
      singles.reduce((sum, { lossSum }) => sum + lossSum, 0),
      4,
    );
  });

  test('[EV2] a prediction does not depend on what stands beside it', async () => {
    const engine = await openOnCpu(everything(4));
    const { inputs } = samplesOf(6, 36, { oneHot: 5 });
    const all = await engine.predict(inputs, 6);
    expect(all).toHaveLength(30);
    expect(await engine.predict(inputs.subarray(4 * 36, 5 * 36), 1)).toEqual(all.slice(20, 25));
  });
});

describe('the engine', () => {
  test.each([
    ['convolutions', cnn(2), samplesOf(4, 784, { numbered: 10 })],
    ['everything', everything(2), samplesOf(4, 36, { oneHot: 5 })],
    ['embedding', tokens(2), samplesOf(4, 3, { numbered: 2 }, 1, 11)],
    ['attention', characters(2), samplesOf(4, 4, { numbered: 7, places: 4 }, 1, 7)],
    ['LSTM', recurrent('LSTM', 4), samplesOf(8, 6, { values: 1 })],
  ])('[LE1] leaks no tensor over 20 steps: %s', async (_name, program, batch) => {
    const engine = await openOnCpu(program);
    const { params, state } = weightsOf(program);
    const step = async (index: number) => {
      engine.setParams(params, state);
      await engine.gradient(batch, { first: 0, count: 2 }, 2, index);
      await engine.evaluate(cut(batch, 0, 1));
      await engine.predict(batch.inputs, batch.ids.length);
      return tf.memory().numTensors;
    };
    const after = await step(0);
    for (let index = 1; index < 20; index++) expect(await step(index)).toBe(after);
  });

  test('[LE3] keeps nothing of the weights that it was handed', async () => {
    const weights = weightsOf(everything(2));
    const engine = await openOnCpu(everything(2), weights);
    const { inputs } = samplesOf(2, 36, { oneHot: 5 });
    const before = await engine.predict(inputs, 2);
    weights.params.fill(0);
    weights.state.fill(0);
    expect(await engine.predict(inputs, 2)).toEqual(before);
  });

  test('[LE2] leaves nothing behind when it is disposed', async () => {
    const before = tf.memory().numTensors;
    const engine = await openOnCpu(everything(2));
    await engine.gradient(samplesOf(2, 36, { oneHot: 5 }), { first: 0, count: 1 }, 1, 0);
    engine.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

function bytes(vector: Float32Array): Uint32Array {
  return new Uint32Array(vector.buffer, vector.byteOffset, vector.length);
}
