/** jax-js in a browser: on WebGPU, which a processor plays here, and on WASM. */

import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { commands } from 'vitest/browser';
import { largestError } from '../testing/largest-error.ts';
import { openOnCpu } from '../testing/opened.ts';
import { PARITY_CASES } from '../testing/parity/index.ts';
import { copyOf, mlp, samplesOf } from '../testing/programs.ts';
import { hashRounds, openForRounds, ROUNDS, rootOf, TWO_BROWSERS_MS, UNITS } from '../testing/round.ts';
import { openOn, startWorker, type WorkerEngine } from '../testing/worker-engine.ts';

// A processor compiles every shader here.
vi.setConfig({ testTimeout: TWO_BROWSERS_MS });

let worker: WorkerEngine | undefined;
afterEach(() => worker?.end());

const [onWebGpu, onWasm] = [openForRounds('jax-webgpu'), openForRounds('jax-wasm')];
afterAll(() => {
  for (const engines of [onWebGpu, onWasm]) engines.end();
});

describe.each([
  ['jax-webgpu', onWebGpu],
  ['jax-wasm', onWasm],
] as const)('%s', (_name, engines) => {
  test.each(ROUNDS)(
    '[JX1] blocks of 1, 2, 4 and 8 units lead to the bytes of one root: $name',
    async (round) => {
      const { engine } = await engines.of(round);
      const whole = await rootOf(engine, round, 3);
      expect(whole.some((x) => x !== 0)).toBe(true);
      for (const level of [0, 1, 2]) {
        expect(new Uint32Array((await rootOf(engine, round, level)).buffer)).toEqual(
          new Uint32Array(whole.buffer),
        );
      }
      const cpu = await openOnCpu(round.program);
      const theirs = await cpu.gradient(copyOf(round.batch), { first: 0, count: UNITS }, UNITS, 3);
      expect(largestError(whole, theirs, round.program)).toBeLessThan(1e-5);
    },
  );
});

test(
  '[JX2] two browsers that know nothing of each other compute the same bytes',
  async () => {
    const here = await hashRounds(onWebGpu);
    const there = await commands.inAnotherBrowser('/src/testing/round.ts', 'hashRoundsAnew', 'jax-webgpu');
    expect(new Set(here)).toHaveLength(ROUNDS.length);
    expect(there).toEqual(here);
  },
  TWO_BROWSERS_MS,
);

test.each([
  ['jax-webgpu', 'buffers'],
  ['jax-wasm', 'wasmBytes'],
] as const)('[JX6] over 150 blocks what %s has of its device does not grow', async (engine, memory) => {
  const units = 4;
  const program = mlp(4, 8);
  const batch = samplesOf(8 * units, 784, { oneHot: 10 });
  worker = await openOn(engine, program);
  const step = (index: number) =>
    worker!.engine.gradient(copyOf(batch), { first: 0, count: units }, units, index);
  for (let index = 0; index < 50; index++) await step(index);
  const before = await worker.ask(memory);
  expect(before).toBeGreaterThan(0);
  for (let index = 50; index < 150; index++) await step(index);
  expect(await worker.ask(memory)).toBe(before);
});

test('[JX3] a unit of a thousand samples is trained and scored: no shader is too entangled for a compiler', async () => {
  const program = mlp(4, 1_024);
  const batch = samplesOf(1_024, 784, { oneHot: 10 });
  worker = await openOn('jax-webgpu', program);
  const cpu = await openOnCpu(program);
  const ours = await worker.engine.evaluate(copyOf(batch));
  const theirs = await cpu.evaluate(copyOf(batch));
  expect(ours.metricSum).toBe(theirs.metricSum);
  expect(ours.lossSum / theirs.lossSum).toBeCloseTo(1, 5);
});

/** One of each family, and each that WebGPU was seen to be wrong about in another form. */
const ON_WEBGPU = PARITY_CASES.filter(({ name }) =>
  /in strides|overlaps, same|depthwise convolution, valid|language model|branches$|of pictures|penalties/.test(
    name,
  ),
);

test.each(ON_WEBGPU)('[PY3] on WebGPU the sums are those of TF.js: $name', async ({ build }) => {
  const { program, batch } = await build();
  worker = await openOn('jax-webgpu', program, startWorker());
  const ours = await worker.engine.gradient(copyOf(batch), { first: 0, count: 2 }, 2, 3);
  const cpu = await openOnCpu(program);
  const theirs = await cpu.gradient(copyOf(batch), { first: 0, count: 2 }, 2, 3);
  expect(largestError(ours, theirs, program)).toBeLessThan(1e-5);
});
