/**
 * From what an author wrote to what a server hosts. Everything that can be wrong is looked for before anything starts, and
 * said together: an author who has three mistakes should not need four attempts.
 */

import { createHash } from 'node:crypto';
import {
  checkOptimizerSpec,
  checkStrategy,
  completeOptimizerSpec,
  completeStrategy,
  isLossy,
  isRepeatable,
  type Job,
  type LeasePolicy,
  type OptimizerSpec,
  type Strategy,
  sendsUpdates,
  unreachable,
} from '@manyhands/core';
import { checkDataset, type Dataset, datasetHash } from '@manyhands/dataset';
import {
  CodecSchema,
  type JobProgram,
  JobProgramSchema,
  LIMITS,
  LossSchema,
  MetricSchema,
  type Samples,
  TrialSchema,
} from '@manyhands/protocol';
import { z } from 'zod';
import { omit } from 'zod/mini';
import { checkBatch, checkFit } from './fit.ts';
import type { JobDefinition } from './job-definition.ts';
import { type BuiltModel, buildModel, ModelError } from './model.ts';

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
  const { name, seed } = definition;
  const problems: string[] = [];
  const optimizer = completeOptimizerSpec(definition.optimizer);
  const wrong = checkOptimizerSpec(optimizer);
  if (wrong !== undefined) problems.push(wrong);
  const strategy = completeStrategy(definition.strategy);
  const wrongStrategy = checkStrategy(strategy);
  if (wrongStrategy !== undefined) problems.push(wrongStrategy);
  const { exact, codec } = definition;
  if (exact === true && codec !== undefined && isLossy(codec))
    problems.push(`A job cannot be exact with the codec ${codec.kind}: take float32, or leave out exact.`);
  if (exact === true && !isRepeatable(strategy))
    problems.push(`A job cannot be exact with the strategy ${strategy.kind}: take sync, or leave out exact.`);
  const dataset = await attempt(Error, () => definition.dataset.read(folder), problems);
  const model = await attempt(ModelError, () => buildModel(definition.model, folder, name, seed), problems);
  if (dataset !== undefined) problems.push(...checkDataset(dataset), ...checkBatch(definition, dataset));
  if (dataset !== undefined && model !== undefined) problems.push(...checkFit(definition, model, dataset));
  if (dataset === undefined || model === undefined || problems.length > 0) {
    throw new JobError(problems.join('\n'));
  }
  return assemble(definition, optimizer, strategy, model, dataset);
}

/** The result; or undefined, with a sentence more, when the author made a mistake. The dataset may be the author's own code. */
async function attempt<Result>(
  Mistake: typeof ModelError | ErrorConstructor,
  make: () => Result | Promise<Result>,
  problems: string[],
): Promise<Result | undefined> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    problems.push(error.message);
    return undefined;
  }
}

const OPTIMIZERS = ['sgd', 'momentum', 'adam', 'adamw'] as const satisfies readonly OptimizerSpec['kind'][];

const count = z.int().min(1);
const OptimizerForm = z.looseObject({ kind: z.enum(OPTIMIZERS) });

/** Forms only: what a value must be by itself. How values fit each other is looked at after. */
const DefinitionSchema = z.strictObject({
  name: z
    .string()
    .max(48)
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case words joined by hyphens, such as mnist-cnn'),
  title: z.string().min(1).max(LIMITS.nameCharactersMax),
  operator: z.string().min(1).max(LIMITS.nameCharactersMax),
  summary: z.string().max(LIMITS.textCharactersMax),
  model: z.custom<object | string>(
    (value) => typeof value === 'string' || (typeof value === 'object' && value !== null),
    'must be a TF.js model, its topology, or the path of a model.json',
  ),
  dataset: z.custom<JobDefinition['dataset']>(
    (value) => typeof (value as { read?: unknown } | null)?.read === 'function',
    'must be a dataset, such as mnist() or csv(…)',
  ),
  loss: LossSchema,
  metric: MetricSchema,
  optimizer: OptimizerForm,
  strategy: z
    .discriminatedUnion('kind', [
      z.looseObject({ kind: z.literal('sync') }),
      z.looseObject({ kind: z.literal('local'), optimizer: OptimizerForm }),
      z.looseObject({ kind: z.literal('async') }),
    ])
    .optional(),
  batch: z.strictObject({ units: count.max(LIMITS.unitsMax), unitSamples: count.max(LIMITS.unitSamplesMax) }),
  seed: z.int().min(0).max(0xffffffff),
  stop: z.strictObject({ steps: count.max(LIMITS.stepsMax), metricAtLeast: z.number().optional() }),
  evaluateEverySteps: count,
  exact: z.boolean().optional(),
  codec: z.optional(CodecSchema),
  updates: z.optional(CodecSchema),
  trial: z.optional(TrialSchema),
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

const ProgramSchema = omit(JobProgramSchema, { id: true });

function readDefinition(written: unknown): JobDefinition {
  return requireForm(DefinitionSchema, written, 'The job') as JobDefinition;
}

/** What the schema makes of the value, or a `JobError` with a sentence for each field that it does not take. */
function requireForm<Schema extends z.core.$ZodType>(
  schema: Schema,
  value: unknown,
  whole: string,
): z.infer<Schema> {
  const read = z.safeParse(schema, value, {
    error: ({ input }) => (input === undefined ? 'is missing' : undefined),
  });
  if (read.success) return read.data;
  const sentences = read.error.issues.map(({ path, message }) => {
    const place = path.length === 0 ? whole : path.join('.');
    return `${place}: ${message.replace(/\.?$/, '.')}`;
  });
  throw new JobError(sentences.join('\n'));
}

const LEASE: LeasePolicy = {
  targetMs: 1_000,
  deadlineMinMs: 3_000,
  deadlineFirstMs: 15_000,
  heldVectorsMax: 64,
};
/** A unit of many steps. Whoever needs longer cuts it short. */
const LOCAL_LEASE: Pick<LeasePolicy, 'deadlineFirstMs'> = { deadlineFirstMs: 60_000 };

function assemble(
  definition: JobDefinition,
  optimizer: OptimizerSpec,
  strategy: Strategy,
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
    strategy,
    batch,
    samples: { train: dataset.train.count, evaluation: dataset.evaluation.count },
    shuffle,
    seed,
    stop,
    evaluation,
    checkpoint: definition.checkpoint ?? { everySteps: 20, everyMs: 1_000 },
    lease: { ...LEASE, ...(strategy.kind === 'local' ? LOCAL_LEASE : {}), ...definition.lease },
    exact: definition.exact ?? false,
    codec: definition.codec ?? { kind: 'float32' },
    updates: definition.updates ?? { kind: 'float32' },
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
  const { checkpoint: _, lease: __, exact, codec, updates, strategy: ___, ...alike } = job;
  // Said only where it is asked for: a run that began before there was anything to ask for goes on.
  const asked = {
    ...(exact ? ({ exact } as const) : {}),
    ...(codec.kind === 'float32' ? {} : { codec }),
    ...(sendsUpdates(updates) ? { updates } : {}),
    ...(strategy.kind === 'sync' ? {} : { strategy }),
  };
  const decisive = { ...alike, ...asked };
  // What a volunteer would not take, such as a name that is too long, the author should hear of.
  const program = requireForm(
    ProgramSchema,
    {
      about: { title, operator, summary, data: `${dataset.origin}. Licence: ${dataset.licence}.` },
      layoutHash: sha256(parts),
      ...parts,
      // It follows from what decides, and so decides nothing.
      model: { ...parts.model, ...(model.drawn === undefined ? {} : { drawn: model.drawn }) },
      trial,
      ...asked,
      ...(dataset.input.names === undefined ? {} : { inputNames: [...dataset.input.names] }),
    },
    'What volunteers are told',
  );
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
    input: { shape: [...input.shape], dtype: input.dtype, scale: input.scale },
    target: targetOf(target, loss),
  };
}

function targetOf(target: Dataset['target'], loss: JobDefinition['loss']): Samples['target'] {
  switch (target.kind) {
    case 'class':
      return { kind: 'class', classes: [...target.classes], oneHot: loss === 'categoricalCrossentropy' };
    case 'classes':
      return { kind: 'classes', shape: [...target.shape], classes: [...target.classes] };
    case 'values':
      return { kind: 'values', shape: [...target.shape] };
    default:
      return unreachable(target);
  }
}

/** Over the value as JSON with sorted keys: the same value has the same hash, whoever wrote it down. */
function sha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, sortKeys)).digest('hex');
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
