/** The job of a world: always the same mathematics; only what must not decide the result is drawn from the world's seed. */

import {
  type CodecSpec,
  createRandom,
  type Job,
  layoutOf,
  layoutSize,
  type Random,
  type Strategy,
} from '@manyhands/core';

export function createJob(options: {
  readonly rounds: number;
  /** Units of a batch. */
  readonly units: number;
  /** Draws how often checkpoints are made, how large leases are and how much memory there is. */
  readonly policies: Random;
  /** Asks for one class of device at a time. */
  readonly exact: boolean;
  readonly codec: CodecSpec;
  readonly strategy: Strategy;
}): Job {
  const { rounds, units, policies, exact, codec, strategy } = options;
  return {
    params: layoutOf([
      { name: 'kernel', shape: [2, 3] },
      { name: 'bias', shape: [3] },
    ]),
    state: layoutOf([{ name: 'moving_mean', shape: [3] }]),
    optimizer: {
      kind: 'adam',
      learningRate: { kind: 'constant', value: 0.1 },
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-7,
      clip: { kind: 'none' },
    },
    strategy,
    batch: { units, unitSamples: 2 },
    samples: { train: 300, evaluation: 37 },
    shuffle: { shardSamples: 16, windowShards: 4 },
    seed: 20_26,
    stop: { steps: rounds },
    evaluation: { everySteps: 5, unitSamples: 10 },
    checkpoint: { everySteps: 1 + policies.below(6), everyMs: 500 + policies.below(4_000) },
    lease: {
      targetMs: 100 + policies.below(2_000),
      deadlineMinMs: 1_000,
      deadlineFirstMs: 5_000,
      heldVectorsMax: Math.max(1, policies.below(units)),
    },
    exact,
    codec,
    updates: { kind: 'float32' },
  };
}

/** What the model starts from; a function of the job alone. */
export function initialParams(job: Job): { readonly params: Float32Array; readonly state: Float32Array } {
  const random = createRandom(job.seed, INITIAL_STREAM);
  return {
    params: Float32Array.from({ length: layoutSize(job.params) }, () => random.fraction() - 0.5),
    state: new Float32Array(layoutSize(job.state)),
  };
}

const INITIAL_STREAM = 0x1417;
