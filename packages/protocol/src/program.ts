/** What a volunteer needs to know of a job: a model as data, where the samples are, how the batch is cut. No code. */

import { type CodecSpec, checkCodecSpec, checkStrategy, type Strategy } from '@manyhands/core';
import * as z from 'zod/mini';
import { LIMITS } from './limits.ts';

const count = z.int().check(z.minimum(0));
const positive = z.int().check(z.minimum(1));
const name = z.string().check(z.minLength(1), z.maxLength(LIMITS.nameCharactersMax));
const text = z.string().check(z.maxLength(LIMITS.textCharactersMax));

export const ParamSpecSchema = z.strictObject({
  name: z.string().check(z.minLength(1), z.maxLength(256)),
  shape: z.array(count).check(z.maxLength(LIMITS.rankMax)),
  offset: count.check(z.maximum(LIMITS.paramsMax)),
  size: count.check(z.maximum(LIMITS.paramsMax)),
});
export const LayoutSchema = z.array(ParamSpecSchema).check(z.maxLength(LIMITS.tensorsMax));

const seed = z.int().check(z.minimum(0), z.maximum(0xffffffff));
const InitializerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant'), value: z.number() }),
  z.strictObject({ kind: z.literal('uniform'), low: z.number(), high: z.number(), seed: z.number() }),
  z.strictObject({
    kind: z.literal('normal'),
    mean: z.number(),
    deviation: z.number().check(z.minimum(0)),
    truncated: z.boolean(),
    seed: z.number(),
  }),
]);
/** The first version, for whoever draws it instead of downloading it. */
const DrawnSchema = z.strictObject({
  /** Of each tensor of the parameters, and behind them of the state. */
  initializers: z.array(InitializerSchema).check(z.maxLength(2 * LIMITS.tensorsMax)),
  /** Of the parameters with the state behind them: who comes to another one downloads. */
  fingerprint: z.string().check(z.length(16)),
});

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

const shape = z.array(positive).check(z.minLength(1), z.maxLength(LIMITS.rankMax));
const classes = z.array(z.string().check(z.maxLength(64))).check(z.minLength(2), z.maxLength(4096));

/** How samples lie in a shard: one safetensors file with the tensors `inputs` and `targets`. */
export const SamplesSchema = z.strictObject({
  train: count,
  evaluation: count,
  shardSamples: positive,
  input: z.strictObject({
    /** Shape of one sample. */
    shape,
    dtype: z.enum(['uint8', 'float32']),
    /** A stored value is multiplied by this on its way to the model: 1/255 for bytes of a picture. */
    scale: z.number(),
  }),
  target: z.discriminatedUnion('kind', [
    /** One class number for each sample, stored as a byte or a float. `oneHot` says what the loss wants. */
    z.strictObject({ kind: z.literal('class'), classes, oneHot: z.boolean() }),
    /** A class number at each place of `shape`, stored alike: of a text the next character, where `classes` is its alphabet. */
    z.strictObject({ kind: z.literal('classes'), shape, classes }),
    z.strictObject({ kind: z.literal('values'), shape }),
  ]),
});

/** Which try-it page fits the model: a pad to draw on, sliders, or a text to be continued. */
export const TrialSchema = z.enum(['digit-pad', 'values', 'text', 'none']);

/** How gradients travel. */
export const CodecSchema = z.custom<CodecSpec>((spec) => checkCodecSpec(spec) === undefined, {
  error: ({ input }) => checkCodecSpec(input),
});

export const StrategySchema = z.custom<Strategy>((strategy) => checkStrategy(strategy) === undefined, {
  error: ({ input }) => checkStrategy(input),
});

export const JobProgramSchema = z.strictObject({
  id: name,
  about: AboutSchema,
  /** Changes with anything that decides which vectors fit: compared when a volunteer joins. */
  layoutHash: z.string().check(z.length(64)),
  model: z.strictObject({
    topology: z.unknown(),
    params: LayoutSchema,
    state: LayoutSchema,
    loss: LossSchema,
    metric: MetricSchema,
    /** Left out where the first version cannot be drawn. */
    drawn: z.optional(DrawnSchema),
  }),
  samples: SamplesSchema,
  batch: z.strictObject({
    units: positive.check(z.maximum(LIMITS.unitsMax)),
    unitSamples: positive.check(z.maximum(LIMITS.unitSamplesMax)),
  }),
  /** Held-out samples in a unit of evaluation; an `evaluate` lease is over one such unit, the last cut short. */
  evaluation: z.strictObject({ unitSamples: positive.check(z.maximum(LIMITS.unitSamplesMax)) }),
  shuffle: z.strictObject({ shardSamples: positive, windowShards: positive }),
  seed,
  stop: z.strictObject({
    steps: positive.check(z.maximum(LIMITS.stepsMax)),
    metricAtLeast: z.optional(z.number()),
  }),
  /** One class of device is served at a time; left out where all are. */
  exact: z.optional(z.literal(true)),
  /** Left out where it is float32. */
  codec: z.optional(CodecSchema),
  /** Left out where whole parameters travel. */
  updates: z.optional(CodecSchema),
  /** Left out where it is `sync`. */
  strategy: z.optional(StrategySchema),
  trial: TrialSchema,
  /** What each number of a sample is, for the person who tries the model; left out where they have no names. */
  inputNames: z.optional(z.array(name).check(z.maxLength(LIMITS.inputNamesMax))),
});

export type Drawn = z.infer<typeof DrawnSchema>;
export type About = z.infer<typeof AboutSchema>;
export type Samples = z.infer<typeof SamplesSchema>;
export type Trial = z.infer<typeof TrialSchema>;
export type JobProgram = z.infer<typeof JobProgramSchema>;
export type LossName = z.infer<typeof LossSchema>;
export type MetricName = z.infer<typeof MetricSchema>;
