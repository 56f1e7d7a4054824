/** A job without a model: as many parameters, units and steps as a benchmark asks for. Its samples are never looked at. */

import { createHash } from 'node:crypto';
import { completeOptimizerSpec, type Job, layoutOf } from '@manyhands/core';
import type { HostedJob } from '@manyhands/server';

export interface SyntheticShape {
  readonly params: number;
  readonly units: number;
  readonly steps: number;
  readonly heldVectorsMax: number;
  /** What a lease aims at. */
  readonly targetMs?: number;
  /** What a lease of one unit is given for its first answer; half a minute. */
  readonly deadlineFirstMs?: number;
}

export function syntheticJob(shape: SyntheticShape): HostedJob {
  const params = layoutOf([{ name: 'weights', shape: [shape.params] }]);
  const batch = { units: shape.units, unitSamples: 1 };
  const shuffle = { shardSamples: 256, windowShards: 4 };
  const samples = { train: Math.max(1_024, shape.units), evaluation: 0 };
  const job: Job = {
    params,
    state: [],
    optimizer: completeOptimizerSpec({ kind: 'sgd', learningRate: 1e-6 }),
    batch,
    samples,
    shuffle,
    seed: 1,
    stop: { steps: shape.steps },
    evaluation: { everySteps: 1e6, unitSamples: 1 },
    checkpoint: { everySteps: 20, everyMs: 1_000 },
    lease: {
      targetMs: shape.targetMs ?? 250,
      deadlineMinMs: 10_000,
      deadlineFirstMs: shape.deadlineFirstMs ?? 30_000,
      heldVectorsMax: shape.heldVectorsMax,
    },
    strategy: { kind: 'sync' },
    exact: false,
    codec: { kind: 'float32' },
    updates: { kind: 'float32' },
  };
  const empty = { inputs: new Uint8Array(samples.train), targets: new Uint8Array(samples.train) };
  return {
    name: 'synthetic',
    contentHash: createHash('sha256').update(JSON.stringify(shape)).digest('hex'),
    job,
    program: {
      about: { title: 'Synthetic', operator: 'The benchmark', summary: 'Learns nothing.', data: 'None.' },
      layoutHash: LAYOUT_HASH,
      model: {
        topology: {},
        params: [...params],
        state: [],
        loss: 'meanSquaredError',
        metric: 'meanAbsoluteError',
      } as never,
      samples: {
        train: samples.train,
        evaluation: 0,
        shardSamples: 256,
        input: { shape: [1], dtype: 'uint8', scale: 1 },
        target: { kind: 'class', classes: ['no', 'yes'], oneHot: true },
      },
      batch,
      evaluation: { unitSamples: 1 },
      shuffle,
      seed: 1,
      stop: { steps: shape.steps },
      trial: 'none',
    },
    initial: { params: new Float32Array(shape.params), state: new Float32Array(0) },
    dataset: {
      train: { count: samples.train, ...empty },
      evaluation: { count: 0, inputs: new Uint8Array(0), targets: new Uint8Array(0) },
    },
  };
}

export const LAYOUT_HASH = 'be'.repeat(32);
