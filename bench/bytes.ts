/**
 * What codecs and strategies save: bytes that move until a job is as good as float32 makes it, float32 ÷ each setting. Eight volunteers
 * train `examples/mnist/mlp`, or `cnn`, and in each round one in ten leaves, or one in a hundred. Bytes do not depend on the machine, so it may be busy
 * meanwhile.
 *
 *     MANYHANDS_BYTES_SEEDS=3 npm run bench -- --only bytes     medians of three seeds, of one without it
 *     MANYHANDS_BYTES_SETTINGS=local npm run …                  settings whose names begin so, and float32; draws nothing
 *     MANYHANDS_BYTES_JOB=cnn npm run …                         one of the jobs
 *
 * Optimizers were tuned by hand for each codec, on the first seed: docs/communication.md tells what was tried.
 */

import { writeFile } from 'node:fs/promises';
import {
  type CodecSpec,
  type ContributionShape,
  completeOptimizerSpec,
  contributionCodec,
  contributionLength,
  type OptimizerOptions,
  type Stop,
  type Strategy,
  shapeOf,
  updateCodec,
} from '@manyhands/core';
import * as tf from '@tensorflow/tfjs';
import { buildJob } from 'manyhands';
import { openEngine } from '../packages/compute/src/open-engine.ts';
import { drawBytes } from './byte-picture.ts';
import { type Measurement, median, ratio } from './measurement.ts';
import { type Crowd, type MeteredPoint, trainMetered } from './metered-training.ts';

const SYNC: Strategy = { kind: 'sync' };
const FLOAT32: CodecSpec = { kind: 'float32' };

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

/** A codec for contributions alone. */
const ONE_WAY: readonly Setting[] = [
  { name: 'float16', codec: { kind: 'float16' }, updates: FLOAT32, optimizer: adam(0.02, 0.9) },
  { name: 'int8', codec: { kind: 'int8' }, updates: FLOAT32, optimizer: adam(0.02, 0.9) },
  upwards(256, 8, adam(0.02, 0.5)),
  upwards(64, 4, adam(0.01, 0.5)),
  upwards(64, 2, adam(0.01, 0.5)),
  upwards(32, 4, adam(0.01, 0.5)),
];

/** And another for updates. */
const BOTH_WAYS: readonly Setting[] = [
  bothWays({ kind: 'top-k', kept: 64, bits: 4 }, { kind: 'int8' }, adam(0.01, 0.5)),
  bothWays({ kind: 'top-k', kept: 64, bits: 4 }, { kind: 'top-k', kept: 256, bits: 8 }, adam(0.01, 0.5)),
  bothWays({ kind: 'top-k', kept: 64, bits: 4 }, { kind: 'top-k', kept: 64, bits: 4 }, adam(0.01, 0.5)),
];

/** Volunteers train by themselves between two rounds. */
const LOCAL: readonly Setting[] = [
  local(40, FLOAT32, FLOAT32),
  local(40, { kind: 'int8' }, { kind: 'int8' }),
  local(40, { kind: 'top-k', kept: 256, bits: 4 }, { kind: 'top-k', kept: 256, bits: 4 }),
  local(80, { kind: 'top-k', kept: 256, bits: 4 }, { kind: 'top-k', kept: 256, bits: 4 }),
  local(120, { kind: 'top-k', kept: 256, bits: 4 }, { kind: 'top-k', kept: 256, bits: 4 }),
];

/** Nobody waits: a version is made of the first eight units that come in. */
const ASYNC: readonly Setting[] = [
  {
    name: 'async.float32',
    strategy: { kind: 'async', stalenessMax: 16 },
    ...{ codec: FLOAT32, updates: FLOAT32, optimizer: adam(0.02, 0.9) },
  },
];

function local(steps: number, codec: CodecSpec, updates: CodecSpec): Setting {
  const optimizer = completeOptimizerSpec(adam(0.01, 0.9));
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

interface Trial {
  /** Of `examples/mnist`. */
  readonly job: 'mlp' | 'cnn';
  readonly crowd: Crowd;
  /** What float32 is trained with: what needs the fewest bytes is what all are measured against. */
  readonly baselines: readonly Setting[];
  readonly settings: readonly Setting[];
  /** Ends the names of its figures. */
  readonly suffix: string;
}

/** Who comes takes all parameters, so that it matters how many do. */
const TRIALS: readonly Trial[] = [
  {
    ...{ job: 'mlp', crowd: eight(0.1), baselines: BASELINES, suffix: '' },
    settings: [...ONE_WAY, ...BOTH_WAYS, ...LOCAL, ...ASYNC],
  },
  {
    ...{ job: 'mlp', crowd: eight(0.01), baselines: BASELINES, suffix: '.steady' },
    settings: [...BOTH_WAYS, ...LOCAL],
  },
  {
    ...{ job: 'cnn', crowd: eight(0.1), baselines: CNN_BASELINES, suffix: '.cnn' },
    settings: [upwards(128, 4, adam(0.01, 0.5)), ...LOCAL],
  },
];
const DEFINITIONS = {
  mlp: () => import('../examples/mnist/mlp/job.ts'),
  cnn: () => import('../examples/mnist/cnn/job.ts'),
};

/** Time does not matter where bytes are counted. */
function eight(leaving: number): Crowd {
  return { volunteers: 8, leaving, stepMs: 100, upBitsPerSecond: Number.POSITIVE_INFINITY };
}

/** The baseline is as good as it was at its best in so many steps. */
const BASELINE_STEPS = 150;
/** Others may take longer, up to here. */
const STEPS_MAX = 300;
/** Where each of them is many local steps. */
const ROUNDS_MAX = 40;
const EVALUATE_EVERY_STEPS = 3;
/** Of the first seed, by what volunteers send and by all that moves. */
const PICTURES = { up: 'docs/images/bytes.svg', total: 'docs/images/bytes-total.svg' } as const;
/** How much worse counts as equal. */
const ALLOWANCE = 0.003;

export async function measureBytes(): Promise<readonly Measurement[]> {
  const seeds = Number(process.env['MANYHANDS_BYTES_SEEDS'] ?? 1);
  const measurements: Measurement[] = [];
  const beginning = process.env['MANYHANDS_BYTES_SETTINGS'] ?? '';
  const job = process.env['MANYHANDS_BYTES_JOB'];
  for (const whole of TRIALS) {
    if (job !== undefined && whole.job !== job) continue;
    const trial = { ...whole, settings: whole.settings.filter(({ name }) => name.startsWith(beginning)) };
    if (trial.settings.length === 0) continue;
    const comparisons: Comparison[] = [];
    for (let seed = 1; seed <= seeds; seed++) comparisons.push(await compare(trial, seed));
    if (whole === TRIALS[0] && beginning === '') await draw(comparisons[0]!, trial.settings);
    measurements.push(
      ...trial.settings.flatMap((setting, at) => measurementsOf(setting, at, comparisons, trial.suffix)),
    );
  }
  return measurements;
}

interface Setting {
  readonly name: string;
  /** `sync` where it is left out. */
  readonly strategy?: Strategy;
  readonly codec: CodecSpec;
  readonly updates: CodecSpec;
  readonly optimizer: OptimizerOptions;
  /** As many as in the job where it is left out. */
  readonly unitSamples?: number;
}

/** All trainings of one trial and seed. */
interface Comparison {
  /** The accuracy that counts as equal to the best of float32. */
  readonly target: number;
  readonly baseline: readonly MeteredPoint[];
  /** In the order of the settings. */
  readonly others: readonly (readonly MeteredPoint[])[];
  readonly shape: ContributionShape;
}

async function compare(
  { job: name, crowd, baselines: floats, settings }: Trial,
  seed: number,
): Promise<Comparison> {
  // TF.js greets everybody who runs it in Node, and the job's file builds its model when it is read.
  tf.enableProdMode();
  const { default: definition } = await DEFINITIONS[name]();
  const open = async (unitSamples: number) => {
    const batch = { ...definition.batch, unitSamples };
    const loaded = await buildJob({ ...definition, seed, batch }, `examples/mnist/${name}`);
    const { engine } = await openEngine({ ...loaded.program.model, seed, unitSamples });
    return { loaded, engine };
  };
  // One engine lives at a time.
  let opened = await open(definition.batch.unitSamples);
  const train = async ({ codec, updates, strategy = SYNC, ...setting }: Setting, stop: Stop) => {
    const { unitSamples = definition.batch.unitSamples } = setting;
    if (opened.loaded.job.batch.unitSamples !== unitSamples) {
      opened.engine.dispose();
      opened = await open(unitSamples);
    }
    const { loaded, engine } = opened;
    const { job } = loaded;
    const optimizer = completeOptimizerSpec(setting.optimizer);
    // One round of local steps is worth many others.
    const everySteps = strategy.kind === 'local' ? 1 : EVALUATE_EVERY_STEPS;
    const evaluation = { ...job.evaluation, everySteps };
    const changes = { strategy, codec, updates, optimizer, stop, evaluation };
    const points = await trainMetered(loaded, { ...job, ...changes }, engine, crowd);
    const { step, accuracy } = bestOf(points);
    // All of it takes minutes to an hour.
    const who = `${name}, ${100 * crowd.leaving} % leave, seed ${seed}`;
    console.error(`  ${who}: ${setting.name}, at best ${accuracy.toFixed(4)} after ${step} steps`);
    return points;
  };
  try {
    const baselines: (readonly MeteredPoint[])[] = [];
    for (const setting of floats) baselines.push(await train(setting, { steps: BASELINE_STEPS }));
    const best = Math.max(...baselines.map((points) => bestOf(points).accuracy));
    // Rounded, or what is equal might be less by the last bit.
    const target = Number((best - ALLOWANCE).toFixed(6));
    const cost = (points: readonly MeteredPoint[]) => reach(points, target)?.upBytes ?? Infinity;
    const baseline = baselines.reduce((a, b) => (cost(b) < cost(a) ? b : a));
    const others: (readonly MeteredPoint[])[] = [];
    for (const setting of settings)
      others.push(await train(setting, { steps: stepsMax(setting), metricAtLeast: target }));
    return { target, baseline, others, shape: shapeOf(opened.loaded.job) };
  } finally {
    opened.engine.dispose();
  }
}

function stepsMax({ strategy = SYNC }: Setting): number {
  return strategy.kind === 'local' ? ROUNDS_MAX : STEPS_MAX;
}

function bestOf(points: readonly MeteredPoint[]): MeteredPoint {
  return points.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
}

/** The first that is good enough. */
function reach(points: readonly MeteredPoint[], target: number): MeteredPoint | undefined {
  return points.find(({ accuracy }) => accuracy >= target);
}

function measurementsOf(
  { name, codec, updates, optimizer, strategy }: Setting,
  at: number,
  comparisons: readonly Comparison[],
  suffix: string,
): readonly Measurement[] {
  const { shape } = comparisons[0]!;
  const up = contributionCodec(codec, shape).encodedBytes(contributionLength(shape)) / shape.params;
  const down = updateCodec(updates, shape).encodedBytes(shape.params + shape.state) / shape.params;
  const ways = comparisons.map(({ target, baseline, others }, i) => {
    const [ours, theirs] = [others[at]!, baseline].map((points) => wayOf(points, target));
    return `seed ${i + 1}, to ${target}: ${ours}, float32 ${theirs}`;
  });
  const note = `${up.toFixed(4)} bytes a parameter up, ${down.toFixed(4)} down; ${JSON.stringify({ optimizer, strategy })}; ${ways.join('; ')}`;
  // What is never reached would take endlessly many bytes: its ratio is 0.
  const of = (bytes: (point: MeteredPoint) => number) =>
    median(
      comparisons.map(({ target, baseline, others }) => {
        const ours = reach(others[at]!, target);
        return ours === undefined ? 0 : bytes(reach(baseline, target)!) / bytes(ours);
      }),
    );
  return [
    ratio(
      `bytes.up_ratio.${name}${suffix}`,
      of(({ upBytes }) => upBytes),
      note,
    ),
    ratio(
      `bytes.total_ratio.${name}${suffix}`,
      of(({ upBytes, downBytes }) => upBytes + downBytes),
      'of the same runs',
    ),
  ];
}

function wayOf(points: readonly MeteredPoint[], target: number): string {
  const reached = reach(points, target);
  const { step, accuracy, upBytes, downBytes } = reached ?? bestOf(points);
  const [up, down] = [upBytes, downBytes].map((bytes) => (bytes / 1e6).toFixed(1));
  const moved = `${step} steps, ${up} MB up, ${down} MB down`;
  return reached ? moved : `not reached, at best ${accuracy.toFixed(4)} after ${moved}`;
}

async function draw({ target, baseline, others }: Comparison, settings: readonly Setting[]): Promise<void> {
  const linesOf = (which: readonly Setting[], bytes: (point: MeteredPoint) => number) => [
    { name: 'float32', points: pointsOf(baseline, bytes) },
    ...which.map((setting) => ({
      name: setting.name.replace('-and-', '+'),
      points: pointsOf(others[settings.indexOf(setting)]!, bytes),
    })),
  ];
  const up = linesOf([...ONE_WAY.slice(1), ...LOCAL], ({ upBytes }) => upBytes);
  const total = linesOf([...BOTH_WAYS, ...LOCAL, ...ASYNC], ({ upBytes, downBytes }) => upBytes + downBytes);
  await writeFile(PICTURES.up, drawBytes(up, target, 'contributions'));
  await writeFile(PICTURES.total, drawBytes(total, target, 'contributions, updates and parameters'));
}

function pointsOf(points: readonly MeteredPoint[], bytes: (point: MeteredPoint) => number) {
  return points.map((point) => ({ bytes: bytes(point), accuracy: point.accuracy }));
}
