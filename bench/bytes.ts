/**
 * What codecs and strategies save: bytes that move until a job is as good as float32 makes it, float32 ÷ each setting. Eight volunteers
 * train, and in each round one in ten leaves, or one in a hundred. Bytes do not depend on the machine, so it may be busy meanwhile.
 *
 *     MANYHANDS_BYTES_SEEDS=3 npm run bench -- --only bytes     medians of three seeds, of one without it
 *     MANYHANDS_BYTES_SETTINGS=local npm run …                  settings whose names begin so, and float32; draws nothing
 *     MANYHANDS_BYTES_JOB=cnn npm run …                         one of the jobs: mlp, cnn, fashion, characters
 */

import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import {
  type ContributionShape,
  contributionCodec,
  contributionLength,
  type Stop,
  shapeOf,
  updateCodec,
} from '@manyhands/core';
import * as tf from '@tensorflow/tfjs';
import { buildJob, type JobDefinition } from 'manyhands';
import { openEngine } from '../packages/compute/src/open-engine.ts';
import { drawBytes } from './byte-picture.ts';
import { ASYNC, BOTH_WAYS, LOCAL, ONE_WAY, type Setting, TRIALS, type Trial } from './bytes-trials.ts';
import { type Measurement, median, ratio } from './measurement.ts';
import { type MeteredPoint, trainMetered } from './metered-training.ts';

/** Settings may take so many times as long as the baseline. */
const PATIENCE = 2;
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
    if (job === undefined ? !existsSync(whole.job.folder) : whole.name !== job) continue;
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
  { name, job: counted, crowd, baselines: floats, baselineSteps, settings }: Trial,
  seed: number,
): Promise<Comparison> {
  // TF.js greets everybody who runs it in Node.
  tf.enableProdMode();
  const { default: definition } = await counted.read();
  const build = (changes: Partial<JobDefinition>) =>
    buildJob({ ...definition, seed, ...changes }, counted.folder);
  const open = async (batch: JobDefinition['batch']) => {
    const { program, job } = await build({ batch });
    const { engine } = await openEngine({ ...program.model, seed, unitSamples: batch.unitSamples });
    return { batch, shape: shapeOf(job), engine };
  };
  // One engine lives at a time.
  let opened = await open(definition.batch);
  const train = async ({ name: setting, unitSamples, ...changes }: Setting, stop: Stop) => {
    const batch = unitSamples === undefined ? definition.batch : { ...definition.batch, unitSamples };
    if (opened.batch.unitSamples !== batch.unitSamples) {
      opened.engine.dispose();
      opened = await open(batch);
    }
    // One round of local steps is worth many others.
    const evaluateEverySteps = changes.strategy?.kind === 'local' ? 1 : EVALUATE_EVERY_STEPS;
    const loaded = await build({ ...changes, batch, stop, evaluateEverySteps });
    const points = await trainMetered(loaded, opened.engine, crowd);
    const { step, accuracy } = bestOf(points);
    // All of it takes minutes to an hour.
    const who = `${name}, ${100 * crowd.leaving} % leave, seed ${seed}`;
    console.error(`  ${who}: ${setting}, at best ${accuracy.toFixed(4)} after ${step} steps`);
    return points;
  };
  try {
    const baselines: (readonly MeteredPoint[])[] = [];
    for (const setting of floats) baselines.push(await train(setting, { steps: baselineSteps }));
    const best = Math.max(...baselines.map((points) => bestOf(points).accuracy));
    // Rounded, or what is equal might be less by the last bit.
    const target = Number((best - ALLOWANCE).toFixed(6));
    const cost = (points: readonly MeteredPoint[]) => reach(points, target)?.upBytes ?? Infinity;
    const baseline = baselines.reduce((a, b) => (cost(b) < cost(a) ? b : a));
    const others: (readonly MeteredPoint[])[] = [];
    for (const setting of settings)
      others.push(await train(setting, { steps: stepsMax(setting, baselineSteps), metricAtLeast: target }));
    return { target, baseline, others, shape: opened.shape };
  } finally {
    opened.engine.dispose();
  }
}

function stepsMax({ strategy }: Setting, baselineSteps: number): number {
  return strategy?.kind === 'local' ? ROUNDS_MAX : PATIENCE * baselineSteps;
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
