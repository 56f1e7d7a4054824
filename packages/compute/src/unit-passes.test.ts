import { merge } from '@manyhands/core';
import { describe, expect, test } from 'vitest';
import type { Engine, ModelProgram, SampleBatch } from './engine.ts';
import { isOutOfMemory } from './engine-error.ts';
import { largestError } from './testing/largest-error.ts';
import { openOnCpu } from './testing/opened.ts';
import {
  characters,
  convolution,
  dense,
  everything,
  layer,
  maxPooling,
  mlp,
  programOf,
  recurrent,
  samplesOf,
  tokens,
  weightsOf,
} from './testing/programs.ts';
import { morePasses, passesOfUnit, passSamples } from './unit-passes.ts';

const UNIT = 8;

/** 12 → 6, dropped out and regularized → 3. */
const dropped = programOf({
  layers: [
    dense('hidden', 6, 'tanh', {
      batch_input_shape: [null, 12],
      kernel_regularizer: { class_name: 'L1L2', config: { l1: 0.01, l2: 0.1 } },
    }),
    layer('LayerNormalization', 'norm', { axis: [-1], epsilon: 0.001, center: true, scale: true }),
    layer('Dropout', 'drop', { rate: 0.5 }),
    dense('classes', 3, 'softmax'),
  ],
  params: [
    ['hidden/kernel', 12, 6],
    ['hidden/bias', 6],
    ['norm/gamma', 6],
    ['norm/beta', 6],
    ['classes/kernel', 6, 3],
    ['classes/bias', 3],
  ],
  unitSamples: UNIT,
});

/** 6 × 6 × 1 → conv 2 → pool → 3. */
const pooled = programOf({
  layers: [
    convolution('conv', 2, { batch_input_shape: [null, 6, 6, 1] }),
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
  unitSamples: UNIT,
});

const KINDS: [string, ModelProgram, SampleBatch][] = [
  ['dense', mlp(6, UNIT), samplesOf(2 * UNIT, 784, { oneHot: 10 })],
  ['convolution and pooling', pooled, samplesOf(2 * UNIT, 36, { oneHot: 3 })],
  ['dropout, norm and penalty', dropped, samplesOf(2 * UNIT, 12, { oneHot: 3 })],
  ['embedding', tokens(UNIT), samplesOf(2 * UNIT, 3, { numbered: 2 }, 1, 11)],
  ['attention', characters(UNIT), samplesOf(2 * UNIT, 4, { numbered: 7, places: 4 }, 1, 7)],
  ['LSTM', { ...recurrent('LSTM', 4), unitSamples: UNIT }, samplesOf(2 * UNIT, 6, { values: 1 })],
  ['GRU', { ...recurrent('GRU', 3), unitSamples: UNIT }, samplesOf(2 * UNIT, 6, { values: 1 })],
  ['SimpleRNN', { ...recurrent('SimpleRNN', 1), unitSamples: UNIT }, samplesOf(2 * UNIT, 6, { values: 1 })],
];

describe('a unit in passes', () => {
  test('[PS1] is cut into a power of two of runs, none of them empty', () => {
    expect(passesOfUnit(15, 4)).toEqual([
      { first: 0, count: 3 },
      { first: 3, count: 4 },
      { first: 7, count: 4 },
      { first: 11, count: 4 },
    ]);
    for (const unitSamples of [1, 2, 7, 15, 16, 100]) {
      let passes: number | undefined = 1;
      let last = 0;
      for (; passes !== undefined; passes = morePasses(unitSamples, passes)) {
        const runs = passesOfUnit(unitSamples, passes);
        expect(runs).toHaveLength(passes);
        expect(Math.max(...runs.map(({ count }) => count))).toBe(passSamples(unitSamples, passes));
        expect(Math.min(...runs.map(({ count }) => count))).toBeGreaterThan(0);
        last = passes;
      }
      expect(passSamples(unitSamples, last)).toBeLessThanOrEqual(2);
    }
  });

  test.each(KINDS)('[PS2] is the whole within 10⁻⁶ of each tensor: %s', async (_name, program, batch) => {
    const whole = await gradientIn(1, program, batch);
    for (const passes of [2, 4, 8]) {
      expect(largestError(await gradientIn(passes, program, batch), whole, program)).toBeLessThan(1e-6);
    }
  });

  test('[PS3] leads to the same bytes in blocks of any size', async () => {
    const [, program, batch] = KINDS[2]!;
    const whole = await gradientIn(4, program, batch);
    const engine = await openIn(4, program);
    const half = (first: number) => ({
      inputs: batch.inputs.subarray(first * UNIT * 12, (first + 1) * UNIT * 12),
      targets: batch.targets.subarray(first * UNIT * 3, (first + 1) * UNIT * 3),
      ids: batch.ids.subarray(first * UNIT, (first + 1) * UNIT),
    });
    const left = await engine.gradient(half(0), { first: 0, count: 1 }, 2, 3);
    const right = await engine.gradient(half(1), { first: 1, count: 1 }, 2, 3);
    engine.dispose();
    expect(merge(left, right)).toEqual(whole);
  });

  test('[PS4] is of a device class of its own', async () => {
    const engine = await openIn(4, mlp(6, UNIT));
    expect([engine.passes, engine.device.engine]).toEqual([4, 'tfjs-4.22.0, 4 passes']);
    engine.dispose();
    expect((await openOnCpu(mlp(6, UNIT))).device.engine).toBe('tfjs-4.22.0');
  });

  test('[PS5] evaluates and predicts what the whole does', async () => {
    const { inputs } = samplesOf(5, 784, { oneHot: 10 });
    const whole = await openIn(1, mlp(6, UNIT));
    const [sums, outputs] = [
      await whole.evaluate(samplesOf(5, 784, { oneHot: 10 })),
      await whole.predict(inputs, 5),
    ];
    whole.dispose();
    const engine = await openIn(4, mlp(6, UNIT));
    const there = await engine.evaluate(samplesOf(5, 784, { oneHot: 10 }));
    expect(there).toMatchObject({ samples: 5, metricSum: sums.metricSum });
    expect(there.lossSum).toBeCloseTo(sums.lossSum, 5);
    expect(await engine.predict(inputs, 5)).toEqual(outputs);
    engine.dispose();
  });

  test('[PS6] is refused by name where a layer needs all samples of the unit at once', async () => {
    await expect(openIn(2, everything(UNIT))).rejects.toMatchObject({
      kind: 'backend',
      message:
        "A unit does not fit into the memory of this device, and the layer 'norm' needs all of its samples at once.",
    });
  });
});

test.each([
  new RangeError('Array buffer allocation failed'),
  new RangeError('Invalid typed array length: 99999999999'),
  new Error('Buffer size (5368709120) exceeds the max buffer size limit (268435456).'),
  new Error(
    'Binding size (150994944) of [Buffer] is larger than the maximum storage buffer binding size (134217728).',
  ),
  new Error(
    'Requested texture size [20000x20000] greater than WebGL maximum on this browser / GPU [8192x8192].',
  ),
  new Error('Aborted(OOM)'),
  new Error('Device lost: out of memory'),
])('[PS7] short memory is told from other faults: %s', (thrown) => {
  expect(isOutOfMemory(thrown)).toBe(true);
});

test.each([
  new RangeError('Maximum call stack size exceeded'),
  new Error("Kernel 'Conv2DBackpropFilter' not registered for backend 'wasm'"),
  new Error('A valid external Instance reference no longer exists.'),
])('[PS7] and other faults from it: %s', (thrown) => {
  expect(isOutOfMemory(thrown)).toBe(false);
});

function openIn(passes: number, program: ModelProgram): Promise<Engine> {
  return openOnCpu(program, weightsOf(program), passes);
}

/** The contribution of a round of two units. */
async function gradientIn(passes: number, program: ModelProgram, batch: SampleBatch): Promise<Float32Array> {
  const engine = await openIn(passes, program);
  const vector = await engine.gradient(batch, { first: 0, count: 2 }, 2, 3);
  engine.dispose();
  return vector;
}
