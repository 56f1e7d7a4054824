/** What a volunteer needs to know of a job: a model as data, where the samples are, how the batch is cut. No code. */

import { z } from 'zod';
import { LIMITS } from './limits.ts';

const count = z.int().min(0);
const positive = z.int().min(1);
const name = z.string().min(1).max(LIMITS.nameCharactersMax);
const text = z.string().max(LIMITS.textCharactersMax);

export const ParamSpecSchema = z.strictObject({
  name: z.string().min(1).max(256),
  shape: z.array(count).max(LIMITS.rankMax),
  offset: count.max(LIMITS.paramsMax),
  size: count.max(LIMITS.paramsMax),
});
export const LayoutSchema = z.array(ParamSpecSchema).max(LIMITS.tensorsMax);

export const LossSchema = z.enum([
  'categoricalCrossentropy',
  'sparseCategoricalCrossentropy',
  'binaryCrossentropy',
  'meanSquaredError',
]);
export const MetricSchema = z.enum(['accuracy', 'meanAbsoluteError']);

/** Who asks for the work and what for, in the words of the person who does. */
export const AboutSchema = z.strictObject({
  title: name,
  /** Who runs it. */
  operator: name,
  /** One or two sentences: what is learned and why. */
  summary: text,
  /** Where the samples come from and under which licence. */
  data: text,
});

/** How samples lie in a shard: one safetensors file with the tensors `inputs` and `targets`. */
export const SamplesSchema = z.strictObject({
  train: count,
  evaluation: count,
  shardSamples: positive,
  input: z.strictObject({
    /** Shape of one sample. */
    shape: z.array(positive).min(1).max(LIMITS.rankMax),
    dtype: z.enum(['uint8', 'float32']),
    /** A stored value is multiplied by this on its way to the model: 1/255 for bytes of a picture. */
    scale: z.number(),
  }),
  target: z.discriminatedUnion('kind', [
    /** One class number for each sample, stored as a byte or a float. `oneHot` says what the loss wants. */
    z.strictObject({
      kind: z.literal('class'),
      classes: z.array(z.string().max(64)).min(2).max(4096),
      oneHot: z.boolean(),
    }),
    z.strictObject({ kind: z.literal('values'), shape: z.array(positive).min(1).max(LIMITS.rankMax) }),
  ]),
});

/** Which try-it page fits the model. */
export const TrialSchema = z.enum(['digit-pad', 'values', 'none']);

export const JobProgramSchema = z.strictObject({
  id: name,
  about: AboutSchema,
  /** Changes with anything that decides which vectors fit: compared when a volunteer joins. */
  layoutHash: z.string().length(64),
  model: z.strictObject({
    topology: z.unknown(),
    params: LayoutSchema,
    state: LayoutSchema,
    loss: LossSchema,
    metric: MetricSchema,
  }),
  samples: SamplesSchema,
  batch: z.strictObject({
    units: positive.max(LIMITS.unitsMax),
    unitSamples: positive.max(LIMITS.unitSamplesMax),
  }),
  /** Held-out samples in a unit of evaluation; an `evaluate` lease is over one such unit, the last cut short. */
  evaluation: z.strictObject({ unitSamples: positive.max(LIMITS.unitSamplesMax) }),
  shuffle: z.strictObject({ shardSamples: positive, windowShards: positive }),
  seed: z.int().min(0).max(0xffffffff),
  stop: z.strictObject({ steps: positive.max(LIMITS.stepsMax), metricAtLeast: z.number().optional() }),
  trial: TrialSchema,
  /** What each number of a sample is, for the person who tries the model; left out where they have no names. */
  inputNames: z.array(name).max(LIMITS.inputNamesMax).optional(),
});

export type About = z.infer<typeof AboutSchema>;
export type Samples = z.infer<typeof SamplesSchema>;
export type Trial = z.infer<typeof TrialSchema>;
export type JobProgram = z.infer<typeof JobProgramSchema>;
export type LossName = z.infer<typeof LossSchema>;
export type MetricName = z.infer<typeof MetricSchema>;
