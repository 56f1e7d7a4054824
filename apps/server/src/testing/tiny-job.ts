/** A job so small that a test can read it: six parameters, two of state, four units of two samples. */

import { createHash } from 'node:crypto';
import {
  type CodecSpec,
  completeOptimizerSpec,
  type Job,
  layoutOf,
  type Strategy,
  sendsUpdates,
} from '@manyhands/core';
import type { JobProgram } from '@manyhands/protocol';
import type { HostedJob } from '../hosted-job.ts';

const params = layoutOf([
  { name: 'dense/kernel', shape: [2, 2] },
  { name: 'dense/bias', shape: [2] },
]);
const state = layoutOf([{ name: 'norm/moving_mean', shape: [2] }]);
const batch = { units: 4, unitSamples: 2 };
const shuffle = { shardSamples: 8, windowShards: 2 };

export const TINY_LAYOUT_HASH = 'ab'.repeat(32);

export function tinyProgram(id: string): JobProgram {
  return { id, ...programOf(5) };
}

const FLOAT32: CodecSpec = { kind: 'float32' };
const SYNC: Strategy = { kind: 'sync' };

/** Stops after this many steps; `seed` changes its content and nothing else; `exact` serves one class of device at a time. */
export function tinyJob({
  steps = 5,
  seed = 7,
  exact = false,
  codec = FLOAT32,
  updates = FLOAT32,
  strategy = SYNC,
} = {}): HostedJob {
  const job: Job = {
    params,
    state,
    optimizer: completeOptimizerSpec({
      kind: 'momentum',
      learningRate: 0.125,
      momentum: 0.5,
      nesterov: false,
    }),
    batch,
    samples: { train: 20, evaluation: 6 },
    shuffle,
    seed,
    stop: { steps },
    evaluation: { everySteps: 2, unitSamples: 4 },
    checkpoint: { everySteps: 2, everyMs: 60_000 },
    lease: { targetMs: 100, deadlineMinMs: 60_000, deadlineFirstMs: 60_000, heldVectorsMax: 8 },
    strategy,
    exact,
    codec,
    updates,
  };
  return {
    name: 'tiny',
    contentHash: createHash('sha256').update(`tiny ${seed} ${steps}`).digest('hex'),
    job,
    program: {
      ...programOf(steps),
      seed,
      codec,
      ...(exact ? { exact } : {}),
      ...(sendsUpdates(updates) ? { updates } : {}),
      strategy,
    },
    initial: { params: Float32Array.of(1, 2, 3, 4, 5, 6), state: Float32Array.of(0.5, -0.5) },
    dataset: { train: sampleSet(20), evaluation: sampleSet(6) },
  };
}

function programOf(steps: number): Omit<JobProgram, 'id'> {
  return {
    about: {
      title: 'Tiny',
      operator: 'The tests',
      summary: 'Learns nothing.',
      data: 'Counted by hand.',
    },
    layoutHash: TINY_LAYOUT_HASH,
    model: {
      topology: { class_name: 'Sequential', config: { name: 'tiny', layers: [] } },
      params: [...params],
      state: [...state],
      loss: 'categoricalCrossentropy',
      metric: 'accuracy',
    } as JobProgram['model'],
    samples: {
      train: 20,
      evaluation: 6,
      shardSamples: 8,
      input: { shape: [2], dtype: 'uint8', scale: 1 / 255 },
      target: { kind: 'class', classes: ['no', 'yes'], oneHot: true },
    },
    batch,
    evaluation: { unitSamples: 4 },
    shuffle,
    seed: 7,
    stop: { steps },
    trial: 'none',
  };
}

function sampleSet(count: number) {
  return {
    count,
    inputs: Uint8Array.from({ length: count * 2 }, (_, i) => i),
    targets: Uint8Array.from({ length: count }, (_, i) => i % 2),
  };
}
