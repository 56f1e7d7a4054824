/** What a device's memory does to an engine: too little of it, and a long life in it. */

import { afterEach, describe, expect, test } from 'vitest';
import type { ModelProgram } from '../engine.ts';
import { largestError } from '../testing/largest-error.ts';
import { copyOf, everything, mlp, samplesOf, threeClasses } from '../testing/programs.ts';
import { openOn, openOnWebGpu, startWorker, type WorkerEngine } from '../testing/worker-engine.ts';

let worker: WorkerEngine | undefined;
afterEach(() => worker?.end());

/** Its weights take 12 KB, and the pixels of a unit 100 KB. */
const UNIT = 32;
const program = mlp(4, UNIT);
const batch = samplesOf(2 * UNIT, 784, { oneHot: 10 });
const BLOCK = { first: 0, count: 2 };
const QUARTER_BYTES = (UNIT / 4) * 784 * 4;

async function openWithBuffersOf(bytes: number, model: ModelProgram): Promise<WorkerEngine> {
  const started = startWorker();
  await started.ask('limitBuffers', bytes);
  return openOn('tfjs-webgpu', model, started);
}

describe('too little memory', () => {
  test('[OM1] a unit that does not fit when the engine is opened is taken in passes that do', async () => {
    const roomy = await openOnWebGpu(program);
    const whole = await roomy.engine.gradient(copyOf(batch), BLOCK, 2, 3);
    roomy.end();
    worker = await openWithBuffersOf(QUARTER_BYTES, program);
    expect(worker.engine.passes).toBe(4);
    const sums = await worker.engine.gradient(copyOf(batch), BLOCK, 2, 3);
    expect(largestError(sums, whole, program)).toBeLessThan(1e-6);
  });

  test('[OM2] memory that runs out later is an error of its own, and never a contribution', async () => {
    worker = await openOnWebGpu(program);
    await worker.engine.gradient(copyOf(batch), BLOCK, 2, 3);
    await worker.ask('limitBuffers', 1_000);
    // Four units in a row hold one sum more than two, and for that there is no buffer yet.
    const long = samplesOf(4 * UNIT, 784, { oneHot: 10 });
    await expect(worker.engine.gradient(long, { first: 0, count: 4 }, 4, 3)).rejects.toMatchObject({
      kind: 'memory',
      message: 'This device has too little memory for a unit of the model.',
    });
    worker.engine.dispose();
    await expect(openWithBuffersOf(1_000, program)).rejects.toMatchObject({ kind: 'backend' });
  });

  test('[OM3] a model whose layer needs the whole unit is refused by that layer', async () => {
    await expect(openWithBuffersOf(4_000, everything(64))).rejects.toThrow(
      "A unit does not fit into the memory of this device, and the layer 'norm' needs all of its samples at once.",
    );
  });
});

describe('a long life', () => {
  test('[LE4] over 300 steps neither tensors nor buffers grow', async () => {
    const pair = samplesOf(4, 4, { oneHot: 3 });
    worker = await openOnWebGpu(threeClasses(2));
    const step = (index: number) => worker!.engine.gradient(copyOf(pair), BLOCK, 2, index);
    for (let index = 0; index < 100; index++) await step(index);
    const memory = await worker.ask('memory');
    for (let index = 100; index < 300; index++) await step(index);
    expect(await worker.ask('memory')).toEqual(memory);
    // Seconds on a machine that does nothing else.
  }, 180_000);
});
