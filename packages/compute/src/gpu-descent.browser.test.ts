/** Steps that a device takes by itself come to what core's optimizers come to on gradients of the same device. */

import {
  completeOptimizerSpec,
  contributionCodec,
  contributionParts,
  createOptimizer,
  createSlots,
  encodeDue,
  type OptimizerOptions,
} from '@manyhands/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine, LocalTraining, ModelProgram, SampleBatch } from './engine.ts';
import { largestError } from './testing/largest-error.ts';
import { everything, mlp, samplesOf, threeClasses, weightsOf } from './testing/programs.ts';
import { openOn, startWorker, type WorkerEngine } from './testing/worker-engine.ts';

const UNIT_SAMPLES = 4;
const UNITS = 2;
const STEPS = 4;
const program = everything(UNIT_SAMPLES);

/** What is trained, where it begins, and on what. */
interface Subject {
  readonly engine: Engine;
  readonly start: ReturnType<typeof weightsOf>;
  batchOf(unit: number, step: number): SampleBatch;
}

function subjectOf({ engine }: WorkerEngine, program: ModelProgram, inputs: number, oneHot: number): Subject {
  const batchOf = (unit: number, step: number) => {
    const batch = samplesOf(UNIT_SAMPLES, inputs, { oneHot });
    return { ...batch, inputs: batch.inputs.map((x) => x * (1 + unit) + step / 10) };
  };
  return { engine, start: weightsOf(program), batchOf };
}

/** Adam makes a whole step of what is noise, as the slope of a bias is that batch normalization takes away again; with this it does not. */
const EPSILON = 1e-2;

const OPTIMIZERS: readonly OptimizerOptions[] = [
  { kind: 'sgd', learningRate: { kind: 'step', initial: 0.1, factor: 0.5, everySteps: 2 } },
  { kind: 'sgd', learningRate: 0.1, clip: { kind: 'value', max: 0.02 } },
  { kind: 'momentum', learningRate: 0.05, momentum: 0.9, nesterov: false },
  { kind: 'momentum', learningRate: 0.05, momentum: 0.9, nesterov: true },
  { kind: 'adam', learningRate: 0.01, beta1: 0.5, epsilon: EPSILON },
  { kind: 'adamw', learningRate: 0.01, weightDecay: 0.1, epsilon: EPSILON },
];

describe('Training by itself on WebGPU', () => {
  let worker: WorkerEngine;
  let subject: Subject;
  beforeAll(async () => {
    worker = await openOn('jax-webgpu', program);
    subject = subjectOf(worker, program, 36, 5);
  });
  afterAll(() => worker.end());

  async function trained(
    options: OptimizerOptions,
    { engine, start, batchOf } = subject,
  ): Promise<LocalTraining> {
    engine.setParams(start.params, start.state);
    const training = engine.localTraining!(completeOptimizerSpec(options))!;
    for (let unit = 0; unit < UNITS; unit++) {
      for (let taken = 0; taken < STEPS; taken++) await training.step(batchOf(unit, taken), taken, taken);
    }
    return training;
  }

  /** In the loops of core, on gradients that are read in each step. */
  async function expectedOf(
    options: OptimizerOptions,
    { engine, start, batchOf } = subject,
  ): Promise<Float32Array> {
    const optimizer = createOptimizer(completeOptimizerSpec(options));
    const sum = new Float32Array(engine.shape.params + engine.shape.state + 2);
    for (let unit = 0; unit < UNITS; unit++) {
      const [params, state] = [start.params.slice(), start.state.slice()];
      const slots = createSlots(optimizer, params.length);
      const parts = contributionParts(sum, engine.shape);
      for (let taken = 0; taken < STEPS; taken++) {
        engine.setParams(params, state);
        const vector = await engine.gradient(batchOf(unit, taken), { first: 0, count: 1 }, 1, taken);
        const { gradientSum, stateSum, lossSum, metricSum } = contributionParts(vector, engine.shape);
        optimizer.apply(
          params,
          gradientSum.map((x) => x / UNIT_SAMPLES),
          slots,
          taken,
        );
        state.set(stateSum.map((x) => x / UNIT_SAMPLES));
        sum[sum.length - 2]! += lossSum;
        sum[sum.length - 1]! += metricSum;
      }
      const samples = STEPS * UNIT_SAMPLES;
      parts.gradientSum.forEach((_, i, way) => {
        way[i]! += samples * (start.params[i]! - params[i]!);
      });
      parts.stateSum.forEach((_, i, all) => {
        all[i]! += samples * state[i]!;
      });
    }
    return sum;
  }

  test.each(OPTIMIZERS)(
    '[GD1] units of some steps come to what they come to step by step on the processor: %o',
    async (options) => {
      const ours = await (await trained(options)).whole();
      const theirs = await expectedOf(options);
      expect(theirs.slice(0, worker.engine.shape.params).some((x) => x !== 0)).toBe(true);
      expect(largestError(ours, theirs, program)).toBeLessThan(1e-4);
    },
  );

  test('[GD5] so does a unit that takes two passes', async () => {
    const small = threeClasses(UNIT_SAMPLES);
    const inTwo = await openOn('jax-webgpu', small, startWorker(), 2);
    const halved = subjectOf(inTwo, small, 4, 3);
    const ours = await (await trained(OPTIMIZERS[4]!, halved)).whole();
    const theirs = await expectedOf(OPTIMIZERS[4]!, halved);
    inTwo.end();
    expect(theirs.some((x) => x !== 0)).toBe(true);
    expect(largestError(ours, theirs, small)).toBeLessThan(1e-4);
  });

  test('[GD2] is encoded before it is read, in the bytes of core, and leaves what they leave out', async () => {
    const spec = { kind: 'top-k', kept: 64, bits: 4 } as const;
    const { shape } = worker.engine;
    const vector = await (await trained(OPTIMIZERS[4]!)).whole();
    const encoded = await (await trained(OPTIMIZERS[4]!)).encoded!({ codec: spec, seed: 5, residual: [] });
    const expected = encodeDue(vector, [], contributionCodec(spec, shape), 5);
    expect(encoded.bytes).toEqual(expected.bytes);
    if (encoded.residual !== 'sent' || expected.residual !== 'sent') throw new Error('Nothing was left out.');
    expect(await encoded.leftOut.read()).toEqual(expected.leftOut);
    encoded.leftOut.drop();
  });

  test('[GD3] keeps no more buffers for the tenth training than for the first, and computes gradients as ever afterwards', async () => {
    const gradient = () => {
      const { engine, start, batchOf } = subject;
      engine.setParams(start.params, start.state);
      return engine.gradient(batchOf(0, 0), { first: 0, count: 1 }, 1, 0);
    };
    const before = await gradient();
    const train = async () => (await trained(OPTIMIZERS[5]!)).whole();
    await train();
    const buffers = await worker.ask('buffers');
    for (let time = 0; time < 9; time++) await train();
    expect(await worker.ask('buffers')).toBe(buffers);
    expect(await gradient()).toEqual(before);
  });

  test('[GD4] is not offered for an optimizer that no kernel has', () => {
    const spec = completeOptimizerSpec({ kind: 'sgd', learningRate: 1, clip: { kind: 'norm', max: 1 } });
    expect(worker.engine.localTraining!(spec)).toBeUndefined();
  });
});

test('[GD4] is not offered where gradients are computed by a library that owns its weights, or on the processor', async () => {
  for (const name of ['tfjs-webgpu', 'jax-wasm'] as const) {
    const worker = await openOn(name, mlp(4, UNIT_SAMPLES));
    expect(worker.engine.localTraining).toBeUndefined();
    worker.end();
  }
});
