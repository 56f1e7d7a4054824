/**
 * From what an author wrote to what a server hosts. Everything that can be wrong is looked for before anything starts, and
 * said together: an author who has three mistakes should not need four attempts.
 */

import { createHash } from 'node:crypto';
import {
  checkOptimizerSpec,
  completeOptimizerSpec,
  type Job,
  type LeasePolicy,
  type OptimizerSpec,
} from '@manyhands/core';
import { checkDataset, type Dataset, datasetHash } from '@manyhands/dataset';
import {
  type JobProgram,
  LIMITS,
  LossSchema,
  MetricSchema,
  type Samples,
  TrialSchema,
} from '@manyhands/protocol';
import { z } from 'zod';
import type { JobDefinition } from './job-definition.ts';
import { type BuiltModel, buildModel } from './model.ts';

/** All that a server needs to host the job, ready-made. */
export interface LoadedJob {
  readonly name: string;
  /** SHA-256 over everything that decides the result: the same hash resumes, another begins a new run. */
  readonly contentHash: string;
  readonly job: Job;
  readonly program: Omit<JobProgram, 'id'>;
  readonly initial: { readonly params: Float32Array; readonly state: Float32Array };
  readonly dataset: Pick<Dataset, 'train' | 'evaluation'>;
}

/** The job cannot be run. The message is one sentence a problem. */
export class JobError extends Error {
  override readonly name = 'JobError';
}

/** Relative paths in the definition start at `folder`. Throws a `JobError` that names all problems at once. */
export async function buildJob(written: unknown, folder: string): Promise<LoadedJob> {
  const definition = readDefinition(written);
  const dataset = readDataset(definition, folder);
  const optimizer = completeOptimizerSpec(definition.optimizer);
  const model = await buildModel(definition.model, definition.name, definition.seed);
  const problems = [
    ...checkDataset(dataset),
    checkOptimizerSpec(optimizer),
    typeof model === 'string' ? model : undefined,
    ...(typeof model === 'string' ? [] : checkFit(definition, model, dataset)),
    ...checkBatch(definition, dataset),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0 || typeof model === 'string') throw new JobError(problems.join('\n'));
  return assemble(definition, optimizer, model, dataset);
}

const count = z.int().min(1);

/** Forms only: what a value must be by itself. How values fit each other is looked at after. */
const DefinitionSchema = z.strictObject({
  name: z
    .string()
    .max(48)
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case words joined by hyphens, such as mnist-cnn'),
  title: z.string().min(1).max(LIMITS.nameCharactersMax),
  operator: z.string().min(1).max(LIMITS.nameCharactersMax),
  summary: z.string().max(LIMITS.textCharactersMax),
  model: z.custom<object>(
    (value) => typeof value === 'object' && value !== null,
    'must be a TF.js model or its topology',
  ),
  dataset: z.custom<JobDefinition['dataset']>(
    (value) => typeof (value as { read?: unknown } | null)?.read === 'function',
    'must be a dataset, such as mnist() or csv(…)',
  ),
  loss: LossSchema,
  metric: MetricSchema,
  optimizer: z.custom<JobDefinition['optimizer']>(
    (value) => typeof value === 'object' && value !== null,
    "must be an object, such as { kind: 'adam', learningRate: 0.001 }",
  ),
  batch: z.strictObject({ units: count.max(LIMITS.unitsMax), unitSamples: count.max(LIMITS.unitSamplesMax) }),
  seed: z.int().min(0).max(0xffffffff),
  stop: z.strictObject({ steps: count.max(LIMITS.stepsMax), metricAtLeast: z.number().optional() }),
  evaluateEverySteps: count,
  trial: TrialSchema.optional(),
  shuffle: z.strictObject({ shardSamples: count, windowShards: count }).optional(),
  checkpoint: z.strictObject({ everySteps: count, everyMs: count }).optional(),
  lease: z
    .strictObject({
      targetMs: z.number().positive().optional(),
      deadlineMinMs: z.number().positive().optional(),
      deadlineFirstMs: z.number().positive().optional(),
      heldVectorsMax: z.int().min(2).optional(),
    })
    .optional(),
});

function readDefinition(written: unknown): JobDefinition {
  const read = DefinitionSchema.safeParse(written);
  if (read.success) return read.data as JobDefinition;
  const sentences = read.error.issues.map(({ path, message }) => {
    const place = path.length === 0 ? 'The job' : path.join('.');
    return `${place}: ${message.replace(/\.?$/, '.')}`;
  });
  throw new JobError(sentences.join('\n'));
}

function readDataset({ dataset }: JobDefinition, folder: string): Dataset {
  try {
    return dataset.read(folder);
  } catch (error) {
    throw new JobError(error instanceof Error ? error.message : String(error));
  }
}

/** How the loss, the model's output and the targets fit each other, and the model's input the samples. */
function checkFit(definition: JobDefinition, model: BuiltModel, { input, target, name }: Dataset): string[] {
  const problems: string[] = [];
  const { loss } = definition;
  const outputs = model.outputShape.at(-1) ?? 1;
  if (String(model.inputShape) !== String(input.shape)) {
    problems.push(
      `model takes inputs of shape [${model.inputShape}], but the samples of '${name}' are [${input.shape}].`,
    );
  }
  const wantsClasses = loss === 'categoricalCrossentropy' || loss === 'sparseCategoricalCrossentropy';
  if (wantsClasses && target.kind !== 'class') {
    problems.push(`loss is ${loss}, which wants classes, but '${name}' has values: use meanSquaredError.`);
  } else if (wantsClasses && target.kind === 'class' && outputs !== target.classes.length) {
    problems.push(
      `model answers with ${outputs} numbers, but '${name}' has ${target.classes.length} classes.`,
    );
  } else if (
    loss === 'binaryCrossentropy' &&
    target.kind === 'class' &&
    (target.classes.length !== 2 || outputs !== 1)
  ) {
    problems.push(
      'loss is binaryCrossentropy, which wants two classes and a model that answers with one number.',
    );
  } else if (target.kind === 'values' && String(model.outputShape) !== String(target.shape)) {
    problems.push(
      `model answers with shape [${model.outputShape}], but the targets of '${name}' are [${target.shape}].`,
    );
  } else if (loss === 'meanSquaredError' && target.kind === 'class') {
    problems.push(
      `loss is meanSquaredError, which wants values, but '${name}' has classes: use categoricalCrossentropy.`,
    );
  }
  const size = model.initial.params.length + model.initial.state.length;
  if (size > LIMITS.paramsMax)
    problems.push(`model has ${size} parameters: at most ${LIMITS.paramsMax} can travel.`);
  return problems;
}

function checkBatch({ batch }: JobDefinition, { train, name }: Dataset): string[] {
  const samples = batch.units * batch.unitSamples;
  if (train.count === 0 || samples <= train.count) return [];
  return [
    `batch is ${batch.units} × ${batch.unitSamples} = ${samples} samples, but '${name}' has ${train.count} to train on: make it smaller.`,
  ];
}

const LEASE: LeasePolicy = {
  targetMs: 500,
  deadlineMinMs: 3_000,
  deadlineFirstMs: 15_000,
  heldVectorsMax: 64,
};

function assemble(
  definition: JobDefinition,
  optimizer: OptimizerSpec,
  model: BuiltModel,
  dataset: Dataset,
): LoadedJob {
  const { name, title, operator, summary, loss, metric, batch, seed, stop, trial = 'none' } = definition;
  const shuffle = definition.shuffle ?? { shardSamples: 256, windowShards: 4 };
  const evaluation = {
    everySteps: definition.evaluateEverySteps,
    // A few passes a lease: long enough to be worth a message, short enough to share.
    unitSamples: Math.min(4 * batch.unitSamples, dataset.evaluation.count),
  };
  const job: Job = {
    params: model.params,
    state: model.state,
    optimizer,
    batch,
    samples: { train: dataset.train.count, evaluation: dataset.evaluation.count },
    shuffle,
    seed,
    stop,
    evaluation,
    checkpoint: definition.checkpoint ?? { everySteps: 20, everyMs: 1_000 },
    lease: { ...LEASE, ...definition.lease },
  };
  const parts = {
    model: { topology: model.topology, params: [...model.params], state: [...model.state], loss, metric },
    samples: samplesOf(definition, dataset),
    batch,
    evaluation: { unitSamples: evaluation.unitSamples },
    shuffle,
    seed,
    stop,
  };
  const { checkpoint: _, lease: __, ...decisive } = job;
  const program = {
    about: { title, operator, summary, data: `${dataset.origin}. Licence: ${dataset.licence}.` },
    layoutHash: sha256(parts),
    ...parts,
    trial,
  } as Omit<JobProgram, 'id'>;
  return {
    name,
    contentHash: sha256({ decisive, parts, samples: datasetHash(dataset) }),
    job,
    program,
    initial: model.initial,
    dataset,
  };
}

function samplesOf({ loss, shuffle }: JobDefinition, { input, target, train, evaluation }: Dataset): Samples {
  return {
    train: train.count,
    evaluation: evaluation.count,
    shardSamples: shuffle?.shardSamples ?? 256,
    input: { ...input, shape: [...input.shape] },
    target:
      target.kind === 'class'
        ? { kind: 'class', classes: [...target.classes], oneHot: loss === 'categoricalCrossentropy' }
        : { kind: 'values', shape: [...target.shape] },
  };
}

/** Over the value as JSON with sorted keys: the same value has the same hash, whoever wrote it down. */
function sha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, sortKeys)).digest('hex');
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
