/** The engine where there is no WebGPU: on WASM and WebGL of a real browser, held against the plain cpu. */

import { afterEach, describe, expect, test } from 'vitest';
import { largestError } from '../testing/largest-error.ts';
import { openOnCpu } from '../testing/opened.ts';
import { cnn, recurrent, samplesOf } from '../testing/programs.ts';
import { ROUNDS, rootOf, UNITS } from '../testing/round.ts';
import { openOn, type WorkerEngine } from '../testing/worker-engine.ts';

let worker: WorkerEngine | undefined;
afterEach(() => worker?.end());

describe.each(['wasm', 'webgl'] as const)('the engine on %s', (backend) => {
  test('[PB1] blocks of any size lead to the bytes of one root, and the sums are those of the cpu', async () => {
    const round = ROUNDS[0]!;
    worker = await openOn(backend, round.program);
    const whole = await rootOf(worker, round, 3);
    for (const level of [0, 1, 2]) expect(await rootOf(worker, round, level)).toEqual(whole);
    const cpu = await openOnCpu(round.program);
    const expected = await cpu.gradient(round.batch, { first: 0, count: UNITS }, UNITS, 3);
    expect(largestError(whole, expected, round.program)).toBeLessThan(1e-5);
  });

  test('[PB2] evaluation and prediction are those of the cpu', async () => {
    const { program, batch } = ROUNDS[0]!;
    worker = await openOn(backend, program);
    const cpu = await openOnCpu(program);
    const [here, there] = [await cpu.evaluate(batch), await worker.ask('evaluate', batch)];
    expect(there.lossSum / here.lossSum).toBeCloseTo(1, 5);
    expect(there).toMatchObject({ metricSum: here.metricSum, samples: here.samples });
    const expected = await cpu.predict(batch.inputs, batch.ids.length);
    const outputs = await worker.ask('predict', batch.inputs, batch.ids.length);
    for (const [i, x] of expected.entries()) expect(outputs[i]).toBeCloseTo(x, 5);
  });

  test('[PB3] no tensor is leaked over 20 steps', async () => {
    const { program, batch } = ROUNDS[0]!;
    worker = await openOn(backend, program);
    const tensors = async (step: number) => {
      await worker!.ask('gradient', batch, { first: 0, count: UNITS }, UNITS, step);
      return (await worker!.ask('memory')).numTensors;
    };
    const after = await tensors(0);
    for (let step = 1; step < 20; step++) expect(await tensors(step)).toBe(after);
  });
});

describe('wasm', () => {
  test('[PB4] trains what is made of dense and recurrent layers', async () => {
    const program = recurrent('GRU', 3);
    const batch = samplesOf(4, 6, { values: 1 });
    worker = await openOn('wasm', program);
    const sums = await worker.ask('gradient', batch, { first: 0, count: 1 }, 1, 3);
    const cpu = await openOnCpu(program);
    expect(largestError(sums, await cpu.gradient(batch, { first: 0, count: 1 }, 1, 3), program)).toBeLessThan(
      1e-5,
    );
  });

  test('[PB4] and refuses convolutions by the kernel that it lacks', async () => {
    await expect(openOn('wasm', cnn(2))).rejects.toThrow(
      'The wasm backend cannot train this model: it has no Conv2DBackpropFilter.',
    );
  });
});
