import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CentralModel, initialCheckpoint } from './central-model.ts';
import type { CodecSpec } from './codec/index.ts';
import { fingerprint } from './codec/index.ts';
import type { Gathered } from './gathering.ts';
import type { Job } from './job.ts';
import { type ModelUpdate, takeUpdate, updateCodec } from './model-update.ts';
import { completeOptimizerSpec } from './optimizer/index.ts';
import { layoutOf } from './params.ts';
import { createRandom } from './random.ts';
import { smallJob } from './testing/small-job.ts';

const PARAMS = 500;
const SHAPE = { params: PARAMS, state: 1 };
const SGD = completeOptimizerSpec({ kind: 'sgd', learningRate: 0.1 });
const ADAM = completeOptimizerSpec({ kind: 'adam', learningRate: 0.01 });
const SPECS: readonly CodecSpec[] = [
  { kind: 'float16' },
  { kind: 'int8' },
  { kind: 'top-k', kept: 16, bits: 4 },
];

function jobWith(changes: Partial<Job>): Job {
  return smallJob({ params: layoutOf([{ name: 'w', shape: [PARAMS] }]), ...changes });
}

function startOf(job: Job) {
  return initialCheckpoint(job, noise(0), Float32Array.of(1));
}

function noise(seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: PARAMS }, () => random.fraction() - 0.5);
}

/** What came in of a batch of 16 samples: a gradient of noise that leans one way, and state, loss and metric. */
function sumOf(step: number): Gathered {
  const gradient = noise(step + 1).map((x, i) => 16 * (x + (i % 7) / 10));
  return { sum: Float32Array.of(...gradient, 16 * step, 32, 8), samples: 16, weight: 16, staleness: 0 };
}

/** Steps from a model's version on, and what each sent. */
function train(model: CentralModel, steps: number): ModelUpdate[] {
  return Array.from({ length: steps }, () => model.apply(sumOf(model.version.step))!.update!);
}

describe.each(SPECS.map((updates) => [JSON.stringify(updates), updates] as const))(
  'updates in %s',
  (_, updates) => {
    test('[MU1] whoever takes every update holds the bytes of the central model', () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(), (steps, seed) => {
          const job = jobWith({ updates, seed, optimizer: ADAM });
          const start = startOf(job);
          const model = new CentralModel(job, start);
          const codec = updateCodec(updates, SHAPE);
          const held = start.params.slice();
          train(model, steps).forEach(({ bytes, elements, fingerprint: due }, step) => {
            const vector = codec.decode(bytes, elements) as Float32Array;
            takeUpdate(held, vector.subarray(0, PARAMS));
            expect(fingerprint(held)).toBe(due);
            // State is no matter of more or less.
            expect(vector.at(-1)).toBe(step);
          });
          expect(held).not.toEqual(start.params);
          expect(held).toEqual(model.copy().params);
        }),
        { numRuns: 20 },
      );
    });

    test('[MU2] what an update leaves out comes later: parameters and residual are where float32 is', () => {
      const lossy = new CentralModel(jobWith({ updates, optimizer: SGD }), startOf(jobWith({ updates })));
      const job = jobWith({ optimizer: SGD });
      const exact = new CentralModel(job, startOf(job));
      for (let step = 0; step < 30; step++) {
        lossy.apply(sumOf(step));
        exact.apply(sumOf(step));
      }
      const residual = lossy.checkpoint({ status: 'running' }, new Map()).slots.at(-1)!;
      const { params } = lossy.copy();
      const due = exact.copy().params;
      expect(Math.max(...residual.map(Math.abs))).toBeGreaterThan(0);
      for (let i = 0; i < PARAMS; i++) expect(params[i]! + residual[i]!).toBeCloseTo(due[i]!, 4);
    });

    test('[MU3] who goes on from a checkpoint sends the bytes that would have been sent', () => {
      const job = jobWith({ updates, optimizer: ADAM });
      const unbroken = new CentralModel(job, startOf(job));
      const before = new CentralModel(job, startOf(job));
      train(unbroken, 5);
      train(before, 5);
      const after = new CentralModel(job, before.checkpoint({ status: 'running' }, new Map()));
      expect(train(after, 5)).toEqual(train(unbroken, 5));
    });
  },
);

test('[MU4] where whole parameters travel there is no update, and nothing is kept for one', () => {
  const job = jobWith({ optimizer: SGD });
  expect(startOf(job).slots).toEqual([]);
  expect(new CentralModel(job, startOf(job)).apply(sumOf(0))?.update).toBeUndefined();
});
