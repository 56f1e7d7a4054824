/**
 * What is compared where bytes are counted: jobs, crowds, and what each is trained with. Optimizers were tuned by hand for each codec, on the
 * first seed: docs/communication.md tells what was tried.
 */

import type { CodecSpec, OptimizerOptions } from '@manyhands/core';
import type { JobDefinition } from 'manyhands';
import type { Crowd } from './metered-training.ts';

export interface Setting {
  readonly name: string;
  /** `sync` where it is left out. */
  readonly strategy?: NonNullable<JobDefinition['strategy']>;
  readonly codec: CodecSpec;
  readonly updates: CodecSpec;
  readonly optimizer: OptimizerOptions;
  /** As many as in the job where it is left out. */
  readonly unitSamples?: number;
}

const FLOAT32: CodecSpec = { kind: 'float32' };
const INT8: CodecSpec = { kind: 'int8' };
const SPARSE: CodecSpec = { kind: 'top-k', kept: 256, bits: 4 };
/** For small models: of few numbers more have to go. */
const DENSER: CodecSpec = { kind: 'top-k', kept: 512, bits: 8 };
const DENSER_COARSE: CodecSpec = { kind: 'top-k', kept: 512, bits: 4 };

/** With units of the job, and with larger ones, which need fewer rounds. */
const BASELINES: readonly Setting[] = [
  { name: 'float32', codec: FLOAT32, updates: FLOAT32, optimizer: adam(0.02, 0.9) },
  { name: 'float32', codec: FLOAT32, updates: FLOAT32, optimizer: adam(0.03, 0.5) },
  { name: 'float32', codec: FLOAT32, updates: FLOAT32, optimizer: adam(0.02, 0.9), unitSamples: 256 },
];

/** That of the job, and one that gets there sooner if it gets there. */
const CNN_BASELINES: readonly Setting[] = [
  {
    ...{ name: 'float32', codec: FLOAT32, updates: FLOAT32 },
    optimizer: {
      kind: 'adam',
      learningRate: { kind: 'cosine', initial: 0.015, final: 0.0015, overSteps: 300 },
    },
  },
  { name: 'float32', codec: FLOAT32, updates: FLOAT32, optimizer: adam(0.01, 0.9) },
];

const FASHION_BASELINES: readonly Setting[] = [
  { name: 'float32', codec: FLOAT32, updates: FLOAT32, optimizer: adam(0.01, 0.9) },
  { name: 'float32', codec: FLOAT32, updates: FLOAT32, optimizer: adam(0.005, 0.9) },
  { name: 'float32', codec: FLOAT32, updates: FLOAT32, optimizer: adam(0.01, 0.9), unitSamples: 256 },
];

const CHARACTERS_BASELINES: readonly Setting[] = [
  { name: 'float32', codec: FLOAT32, updates: FLOAT32, optimizer: adam(0.01, 0.9) },
  { name: 'float32', codec: FLOAT32, updates: FLOAT32, optimizer: adam(0.02, 0.9) },
];

/** A codec for contributions alone. */
export const ONE_WAY: readonly Setting[] = [
  { name: 'float16', codec: { kind: 'float16' }, updates: FLOAT32, optimizer: adam(0.02, 0.9) },
  { name: 'int8', codec: { kind: 'int8' }, updates: FLOAT32, optimizer: adam(0.02, 0.9) },
  upwards(256, 8, adam(0.02, 0.5)),
  upwards(64, 4, adam(0.01, 0.5)),
  upwards(64, 2, adam(0.01, 0.5)),
  upwards(32, 4, adam(0.01, 0.5)),
];

/** And another for updates. */
export const BOTH_WAYS: readonly Setting[] = [
  bothWays({ kind: 'top-k', kept: 64, bits: 4 }, { kind: 'int8' }, adam(0.01, 0.5)),
  bothWays({ kind: 'top-k', kept: 64, bits: 4 }, { kind: 'top-k', kept: 256, bits: 8 }, adam(0.01, 0.5)),
  bothWays({ kind: 'top-k', kept: 64, bits: 4 }, { kind: 'top-k', kept: 64, bits: 4 }, adam(0.01, 0.5)),
];

/** Volunteers train by themselves between two rounds. */
export const LOCAL: readonly Setting[] = [
  local(40, FLOAT32, FLOAT32),
  local(40, INT8, INT8),
  local(40, SPARSE, SPARSE),
  local(80, SPARSE, SPARSE),
  local(120, SPARSE, SPARSE),
];

/** Nobody waits: a version is made of the first eight units that come in. */
export const ASYNC: readonly Setting[] = [
  {
    name: 'async.float32',
    strategy: { kind: 'async', stalenessMax: 16 },
    ...{ codec: FLOAT32, updates: FLOAT32, optimizer: adam(0.02, 0.9) },
  },
];

function local(steps: number, codec: CodecSpec, updates: CodecSpec, learningRate = 0.01): Setting {
  const optimizer = adam(learningRate, 0.9);
  const both = nameOf(codec) === nameOf(updates) ? nameOf(codec) : `${nameOf(codec)}-and-${nameOf(updates)}`;
  return {
    name: `local.${steps}.${both}`,
    strategy: { kind: 'local', steps, optimizer },
    ...{ codec, updates, optimizer: { kind: 'sgd', learningRate: 1 } },
  };
}

function upwards(kept: number, bits: TopKSpec['bits'], optimizer: OptimizerOptions): Setting {
  const codec: CodecSpec = { kind: 'top-k', kept, bits };
  return { name: nameOf(codec), codec, updates: FLOAT32, optimizer };
}

function bothWays(codec: CodecSpec, updates: CodecSpec, optimizer: OptimizerOptions): Setting {
  return { name: `${nameOf(codec)}-and-${nameOf(updates)}`, codec, updates, optimizer };
}

function nameOf(codec: CodecSpec): string {
  return codec.kind === 'top-k' ? `top-k.${codec.kept}.${codec.bits}` : codec.kind;
}

function adam(learningRate: number, beta1: number): OptimizerOptions {
  return { kind: 'adam', learningRate, beta1 };
}

type TopKSpec = Extract<CodecSpec, { readonly kind: 'top-k' }>;

/** A job, and the folder at which its paths start: where that is not there, the job is left out. */
interface CountedJob {
  readonly folder: string;
  /** Read late: the job's file builds its model when it is read. */
  readonly read: () => Promise<{ readonly default: JobDefinition }>;
}

const JOBS = {
  mlp: { folder: 'examples/mnist/mlp', read: () => import('../examples/mnist/mlp/job.ts') },
  cnn: { folder: 'examples/mnist/cnn', read: () => import('../examples/mnist/cnn/job.ts') },
  fashion: { folder: '/usr/share/datasets/fashion-mnist', read: () => import('./jobs/fashion.ts') },
  characters: { folder: 'bench/jobs', read: () => import('./jobs/characters.ts') },
} as const satisfies Readonly<Record<string, CountedJob>>;

export interface Trial {
  readonly name: keyof typeof JOBS;
  readonly job: CountedJob;
  readonly crowd: Crowd;
  /** What float32 is trained with: what needs the fewest bytes is what all are measured against. */
  readonly baselines: readonly Setting[];
  /** The baseline is as good as it was at its best in so many steps. */
  readonly baselineSteps: number;
  readonly settings: readonly Setting[];
  /** Ends the names of its figures. */
  readonly suffix: string;
}

/** Who comes takes what leads to the newest version, so that it matters how many do. */
export const TRIALS: readonly Trial[] = [
  {
    ...of('mlp'),
    ...{ crowd: eight(0.1), baselines: BASELINES, baselineSteps: 150, suffix: '' },
    settings: [...ONE_WAY, ...BOTH_WAYS, ...LOCAL, ...ASYNC],
  },
  {
    ...of('mlp'),
    ...{ crowd: eight(0.01), baselines: BASELINES, baselineSteps: 150, suffix: '.steady' },
    settings: [...BOTH_WAYS, ...LOCAL],
  },
  {
    ...of('cnn'),
    ...{ crowd: eight(0.1), baselines: CNN_BASELINES, baselineSteps: 150, suffix: '.cnn' },
    settings: [
      upwards(128, 4, adam(0.01, 0.5)),
      local(40, INT8, INT8),
      local(40, DENSER, DENSER),
      local(80, DENSER, DENSER),
      local(80, SPARSE, SPARSE),
      local(160, DENSER_COARSE, DENSER_COARSE),
    ],
  },
  {
    ...of('fashion'),
    ...{ crowd: eight(0.1), baselines: FASHION_BASELINES, baselineSteps: 150, suffix: '.fashion' },
    settings: [
      upwards(256, 8, adam(0.01, 0.5)),
      local(40, INT8, INT8, 0.005),
      local(80, SPARSE, SPARSE, 0.005),
      local(240, SPARSE, SPARSE, 0.003),
    ],
  },
  {
    ...of('characters'),
    ...{ crowd: eight(0.1), baselines: CHARACTERS_BASELINES, baselineSteps: 300, suffix: '.characters' },
    settings: [
      upwards(256, 8, adam(0.01, 0.5)),
      local(40, INT8, INT8),
      local(40, DENSER, DENSER),
      local(80, DENSER, DENSER),
      local(80, DENSER_COARSE, DENSER_COARSE),
      local(80, SPARSE, SPARSE),
    ],
  },
];

function of(name: keyof typeof JOBS): Pick<Trial, 'name' | 'job'> {
  return { name, job: JOBS[name] };
}

/** Time does not matter where bytes are counted. */
function eight(leaving: number): Crowd {
  return { volunteers: 8, leaving, stepMs: 100, upBitsPerSecond: Number.POSITIVE_INFINITY };
}
