/** The engine where there is no WebGPU: on WASM and WebGL of a real browser, held against the plain cpu. */

import { afterEach, describe, expect, test } from 'vitest';
import { largestError } from '../testing/largest-error.ts';
import { openOnCpu } from '../testing/opened.ts';
import { characters, cnn, copyOf, recurrent, samplesOf } from '../testing/programs.ts';
import { ROUNDS, rootOf, UNITS } from '../testing/round.ts';
import { openOn, type WorkerEngine } from '../testing/worker-engine.ts';

let worker: WorkerEngine | undefined;
afterEach(() => worker?.end());

describe.each(['tfjs-wasm', 'tfjs-webgl'] as const)('the engine %s', (engine) => {
  test('[PB1] blocks of any size lead to the bytes of one root, and the sums are those of the cpu', async () => {
    const round = ROUNDS[0]!;
    worker = await openOn(engine, round.program);
    const whole = await rootOf(worker.engine, round, 3);
    for (const level of [0, 1, 2]) expect(await rootOf(worker.engine, round, level)).toEqual(whole);
    const cpu = await openOnCpu(round.program);
    const expected = await cpu.gradient(round.batch, { first: 0, count: UNITS }, UNITS, 3);
    expect(largestError(whole, expected, round.program)).toBeLessThan(1e-5);
  });

  test('[PB2] evaluation and prediction are those of the cpu', async () => {
    const { program, batch } = ROUNDS[0]!;
    worker = await openOn(engine, program);
    const cpu = await openOnCpu(program);
    const [here, there] = [await cpu.evaluate(batch), await worker.engine.evaluate(copyOf(batch))];
    expect(there.lossSum / here.lossSum).toBeCloseTo(1, 5);
    expect(there).toMatchObject({ metricSum: here.metricSum, samples: here.samples });
    const expected = await cpu.predict(batch.inputs, batch.ids.length);
    const outputs = await worker.engine.predict(batch.inputs.slice(), batch.ids.length);
    for (const [i, x] of expected.entries()) expect(outputs[i]).toBeCloseTo(x, 5);
  });

  test('[PB3] no tensor is leaked over 20 steps', async () => {
    const { program, batch } = ROUNDS[0]!;
    worker = await openOn(engine, program);
    const tensors = async (step: number) => {
      await worker!.engine.gradient(copyOf(batch), { first: 0, count: UNITS }, UNITS, step);
      return (await worker!.ask('memory')).numTensors;
    };
    const after = await tensors(0);
    for (let step = 1; step < 20; step++) expect(await tensors(step)).toBe(after);
  });
});

describe('wasm', () => {
  test.each([
    ['recurrent layers', recurrent('GRU', 3), samplesOf(4, 6, { values: 1 })],
    ['attention', characters(4), samplesOf(4, 4, { numbered: 7, places: 4 }, 1, 7)],
  ])('[PB4] trains what is made of dense layers and %s', async (_name, program, batch) => {
    worker = await openOn('tfjs-wasm', program);
    const sums = await worker.engine.gradient(copyOf(batch), { first: 0, count: 1 }, 1, 3);
    const cpu = await openOnCpu(program);
    expect(largestError(sums, await cpu.gradient(batch, { first: 0, count: 1 }, 1, 3), program)).toBeLessThan(
      1e-5,
    );
  });

  test('[PB4] and refuses convolutions by the kernel that it lacks', async () => {
    await expect(openOn('tfjs-wasm', cnn(2))).rejects.toThrow(
      'The wasm backend cannot train this model: it has no Conv2DBackpropFilter.',
    );
  });
});
