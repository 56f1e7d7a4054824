/** What only a device can prove: the engine on WebGPU, in a dedicated worker of a real browser. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { commands } from 'vitest/browser';
import type { Engine, ModelProgram } from '../engine.ts';
import { messageOf } from '../engine-error.ts';
import { largestError } from '../testing/largest-error.ts';
import { openOnCpu } from '../testing/opened.ts';
import {
  characters,
  copyOf,
  cut,
  recurrent,
  samplesOf,
  threeClasses,
  tokens,
  weightsOf,
} from '../testing/programs.ts';
import {
  hashRounds,
  openForRounds,
  ROUNDS,
  type Round,
  rootOf,
  TWO_BROWSERS_MS,
  UNITS,
} from '../testing/round.ts';
import { openOnWebGpu, type WorkerEngine } from '../testing/worker-engine.ts';

declare module 'vitest/browser' {
  interface BrowserCommands {
    crashGpuProcess(): Promise<void>;
    inAnotherBrowser(module: string, name: string, argument: string): Promise<unknown>;
  }
}

const WHOLE = { first: 0, count: UNITS };

const engines = openForRounds('tfjs-webgpu');
afterAll(() => engines.end());

describe.each(ROUNDS)('$name on WebGPU', (round) => {
  const { program, batch } = round;
  let worker: WorkerEngine;
  beforeAll(async () => {
    worker = await engines.of(round);
  });

  test('[WG1] blocks of 1, 2, 4 and 8 units lead to the bytes of one root', async () => {
    const whole = bits(await rootOf(worker.engine, round, 3));
    for (const level of [0, 1, 2]) expect(bits(await rootOf(worker.engine, round, level))).toEqual(whole);
  });

  test('[WG2] the sums are those of the cpu', async () => {
    const cpu = await openOnCpu(program);
    const expected = await cpu.gradient(batch, WHOLE, UNITS, 3);
    expectClose(await worker.engine.gradient(copyOf(batch), WHOLE, UNITS, 3), expected, program);
  });

  test('[WG3] evaluation and prediction are those of the cpu', async () => {
    const cpu = await openOnCpu(program);
    const [here, there] = [await cpu.evaluate(batch), await worker.engine.evaluate(copyOf(batch))];
    expect(there.lossSum / here.lossSum).toBeCloseTo(1, 5);
    expect(there).toMatchObject({ metricSum: here.metricSum, samples: here.samples });
    const expected = await cpu.predict(batch.inputs, batch.ids.length);
    const outputs = await worker.engine.predict(batch.inputs.slice(), batch.ids.length);
    for (const [i, x] of expected.entries()) expect(outputs[i]).toBeCloseTo(x, 5);
  });

  test('[WG4] parameters written in place take effect, and going back brings the bytes back', async () => {
    const gradient = () => worker.engine.gradient(copyOf(batch), WHOLE, UNITS, 3);
    const [before, other] = [weightsOf(program), weightsOf(program, 9)];
    const first = await gradient();
    worker.engine.setParams(other.params, other.state);
    const second = await gradient();
    const cpu = await openOnCpu(program, other);
    expectClose(second, await cpu.gradient(batch, WHOLE, UNITS, 3), program);
    worker.engine.setParams(before.params, before.state);
    expect(bits(await gradient())).toEqual(bits(first));
  });

  test('[WG5] nothing leaks over 20 steps, on the device either', async () => {
    const { params, state } = weightsOf(program);
    const pair = cut(batch, 0, 2 * program.unitSamples);
    const step = async (index: number) => {
      worker.engine.setParams(params, state);
      await worker.engine.gradient(copyOf(pair), { first: 0, count: 2 }, UNITS, index);
      await worker.engine.evaluate(copyOf(pair));
      return worker.ask('memory');
    };
    const after = await step(0);
    for (let index = 1; index < 20; index++) expect(await step(index)).toEqual(after);
  });
});

test(
  '[WG7] two browsers that know nothing of each other compute the same bytes',
  async () => {
    const here = await hashRounds(engines);
    const there = await commands.inAnotherBrowser('/src/testing/round.ts', 'hashRoundsAnew', 'tfjs-webgpu');
    expect(new Set(here)).toHaveLength(ROUNDS.length);
    expect(there).toEqual(here);
  },
  TWO_BROWSERS_MS,
);

describe('WebGPU', () => {
  // What is made is of no matter to those that are lost; to compile it is.
  const round: Round = {
    ...{ name: 'three classes', program: threeClasses(2) },
    batch: samplesOf(2 * UNITS, 4, { oneHot: 3 }),
  };
  let worker: WorkerEngine | undefined;
  afterEach(() => worker?.end());

  test.each([
    ['embedding', tokens(4), samplesOf(4, 3, { numbered: 2 }, 1, 11)],
    ['attention', characters(4), samplesOf(4, 4, { numbered: 7, places: 4 }, 1, 7)],
    ['LSTM', recurrent('LSTM', 4), samplesOf(4, 6, { values: 1 })],
    ['GRU', recurrent('GRU', 3), samplesOf(4, 6, { values: 1 })],
  ])('[WG2] the sums are those of the cpu: %s', async (_name, program, batch) => {
    worker = await openOnWebGpu(program);
    const cpu = await openOnCpu(program);
    const unit = { first: 0, count: 1 };
    const expected = await cpu.gradient(batch, unit, 1, 3);
    expectClose(await worker.engine.gradient(copyOf(batch), unit, 1, 3), expected, program);
  });

  test('[WG6] a lost device is told, refuses work in a sentence, and a new engine opens beside its remains', async () => {
    const { program, batch } = round;
    worker = await openOnWebGpu(program);
    const { engine } = worker;
    const before = await rootOf(engine, round, 3);
    const gradient = () => engine.gradient(copyOf(batch), WHOLE, UNITS, 3);
    const failure = gradient().then(() => 'computed', messageOf);
    await worker.ask('loseDevice');
    expect(await engine.lost).not.toBe('');
    expect(await failure).toMatch(/^The (graphics device|engine) is gone: .* Open a new engine\.$/);
    const { params, state } = weightsOf(program);
    const refusal = { kind: 'lost', message: expect.stringMatching(/^The engine is gone: /) };
    await expect(gradient()).rejects.toMatchObject(refusal);
    await expect(engine.evaluate(copyOf(batch))).rejects.toMatchObject(refusal);
    await expect(engine.predict(batch.inputs.slice(), batch.ids.length)).rejects.toMatchObject(refusal);
    expect(() => engine.setParams(params, state)).toThrow('The engine is gone');
    worker = await openOnWebGpu(program);
    expect(bits(await rootOf(worker.engine, round, 3))).toEqual(bits(before));
  });

  test('[WG6] so it is when the process of all devices dies', async () => {
    const { engine } = await openOnWebGpu(round.program);
    const before = await rootOf(engine, round, 3);
    const failure = computeUntilItFails(engine, round);
    await commands.crashGpuProcess();
    expect(await engine.lost).not.toBe('');
    expect(await failure).toMatchObject({ kind: 'lost' });
    worker = await openOnWebGpu(round.program);
    expect(bits(await rootOf(worker.engine, round, 3))).toEqual(bits(before));
  });
});

async function computeUntilItFails(engine: Engine, round: Round): Promise<unknown> {
  for (;;) {
    try {
      await rootOf(engine, round, 3);
    } catch (failure) {
      return failure;
    }
  }
}

/** Each tensor agrees within 10⁻⁵ of its largest element. */
function expectClose(actual: Float32Array, expected: Float32Array, program: ModelProgram): void {
  expect(largestError(actual, expected, program)).toBeLessThan(1e-5);
}

function bits(vector: Float32Array): Uint32Array {
  return new Uint32Array(vector.buffer, vector.byteOffset, vector.length);
}
