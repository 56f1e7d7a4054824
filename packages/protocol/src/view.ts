/** What pages and programs see of a job: over HTTP and, live, over the socket. */

import * as z from 'zod/mini';
import { DeviceClassSchema } from './device-class.ts';
import { SpeedMessageSchema } from './messages.ts';
import { AboutSchema, TrialSchema } from './program.ts';

const count = z.int().check(z.minimum(0));
const version = z.string().check(z.regex(/^\d+-\d+$/));

export const MeasurementSchema = z.object({
  step: count,
  loss: z.number(),
  metric: z.number(),
  samples: count,
});
export type Measurement = z.infer<typeof MeasurementSchema>;

/** The newest version that survives a crash, and its bytes' name. */
export const DurableSchema = z.object({
  version,
  step: count,
  /** SHA-256 of the parameters as little-endian float32, then of the non-trainable state, in hex. */
  paramsSha256: z.string().check(z.length(64)),
});
export type Durable = z.infer<typeof DurableSchema>;

const CodecViewSchema = z.object({ name: z.string(), ratio: z.number() });
/** How vectors travel, and how many times as many bytes they would be as float32. */
export type CodecView = z.infer<typeof CodecViewSchema>;

/** How the work of many becomes one model, and what of it can be measured; null before the first version that was made here. */
const StrategyViewSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('sync') }),
  /** Steps that a unit takes at most, and that it took on average. */
  z.object({ kind: z.literal('local'), steps: count, taken: z.nullable(z.number()) }),
  /** Versions that an answer may be behind, and that it was on average. */
  z.object({ kind: z.literal('async'), stalenessMax: count, staleness: z.nullable(z.number()) }),
]);
export type StrategyView = z.infer<typeof StrategyViewSchema>;

export const JobViewSchema = z.object({
  id: z.string(),
  about: AboutSchema,
  trial: TrialSchema,
  status: z.enum(['running', 'paused', 'stopped', 'finished']),
  /** True while this server trains it; an earlier run of the data folder is only served. */
  hosted: z.boolean(),
  step: count,
  steps: count,
  version,
  durable: z.nullable(DurableSchema),
  metricName: z.enum(['accuracy', 'meanAbsoluteError']),
  training: z.nullable(MeasurementSchema),
  evaluation: z.nullable(MeasurementSchema),
  params: count,
  /** Of a batch: units that the ring draws, and samples. */
  units: count,
  batchSamples: count,
  volunteers: z.object({ connected: count, working: count }),
  /**
   * Where every version is computed by one class of device: which has its turn now, null until one has. `class-changed` in the
   * history says which had it when. Null where all classes compute together.
   */
  exact: z.nullable(z.object({ serving: z.nullable(DeviceClassSchema) })),
  /** Over the last ten seconds; null until measured. */
  samplesPerSecond: z.nullable(z.number()),
  roundsPerMinute: z.nullable(z.number()),
  strategy: StrategyViewSchema,
  /** Of contributions. */
  codec: CodecViewSchema,
  /** Of what makes a new version out of the one before; float32 where whole parameters travel. */
  updates: CodecViewSchema,
  /** What volunteers say was lost with their tabs of what a codec had left out, since the server was started. */
  residualsLost: count,
  /** Bytes of contributions and of parameters for each sample, since the server was started; null until measured. */
  traffic: z.nullable(z.object({ up: z.number(), down: z.number() })),
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  updatedAt: z.number(),
});
export type JobView = z.infer<typeof JobViewSchema>;

/** The running round, as the ring draws it. Units in no cell are free. Short keys: it is sent five times a second. */
export const RoundLiveSchema = z.object({
  step: count,
  units: count,
  /** [first unit, units, state, volunteer]; states: 0 leased, 1 backup copy, 2 in. */
  cells: z.array(z.tuple([count, count, z.union([z.literal(0), z.literal(1), z.literal(2)]), count])),
  evaluation: z.object({ units: count, done: count }),
});
export type RoundLive = z.infer<typeof RoundLiveSchema>;

export const JobLiveSchema = z.object({ job: JobViewSchema, round: z.nullable(RoundLiveSchema) });
export type JobLive = z.infer<typeof JobLiveSchema>;

export const VolunteerRowSchema = z.object({
  volunteer: count,
  ...DeviceClassSchema.shape,
  working: z.boolean(),
  samplesPerSecond: z.nullable(z.number()),
  units: count,
  refused: count,
  /** Answers to units that somebody else computed too: how many were the same, and how many not. */
  agreed: count,
  disagreed: count,
  /** Part of all units that count, 0 … 1. */
  share: z.number(),
  joinedAt: z.number(),
});
export type VolunteerRow = z.infer<typeof VolunteerRowSchema>;

/**
 * One line of a job's history. Numbers rise from 0 and leap with every recovery, so that none ever names two lines; of a
 * long history the older part is thinned, and its numbers have gaps.
 */
export const HistoryPointSchema = z.object({
  index: count,
  at: z.number(),
  entry: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('step'),
      training: MeasurementSchema,
      durationMs: z.number(),
      gradientNorm: z.number(),
    }),
    z.object({ kind: z.literal('evaluation'), evaluation: MeasurementSchema }),
    z.object({ kind: z.literal('joined'), volunteer: count }),
    z.object({ kind: z.literal('lost'), volunteer: count, units: count }),
    z.object({ kind: z.literal('returned'), volunteer: count, units: count }),
    z.object({ kind: z.literal('left'), volunteer: count, unitsReturned: count }),
    z.object({
      kind: z.literal('lease-ended'),
      volunteer: count,
      units: count,
      end: z.enum(['superseded', 'expired', 'released']),
    }),
    z.object({ kind: z.literal('refused'), volunteer: count, reason: z.string() }),
    z.object({ kind: z.literal('backup'), volunteer: count, units: count }),
    z.object({
      kind: z.literal('compared'),
      volunteer: count,
      /** Whose answer was merged; histories of the first version do not say. */
      first: z.optional(count),
      agrees: z.boolean(),
    }),
    /** Versions after `step` are computed by the class `to`; `units` of the step that were in are computed again. */
    z.object({
      kind: z.literal('class-changed'),
      step: count,
      from: z.optional(DeviceClassSchema),
      to: DeviceClassSchema,
      units: count,
    }),
    z.object({ kind: z.literal('durable'), version }),
    z.object({ kind: z.literal('not-durable'), version, sentence: z.string() }),
    z.object({ kind: z.literal('recovered'), version }),
    /** A checkpoint whose bytes were not those that were written; the one before was used. */
    z.object({ kind: z.literal('damaged'), version }),
    z.object({ kind: z.literal('diverged'), step: count }),
    z.object({ kind: z.literal('status'), status: z.enum(['running', 'paused', 'stopped', 'finished']) }),
  ]),
});
export type HistoryPoint = z.infer<typeof HistoryPointSchema>;

/** What an account has given, as far as it survives a crash: this much is acknowledged, and never counted twice. */
export const CreditSchema = z.object({
  /** Units in every version up to this one. */
  units: count,
  /** The newest durable version. */
  version,
});
export type Credit = z.infer<typeof CreditSchema>;

/** One engine beside one adapter, in a job's table of speeds. */
export const SpeedRowSchema = z.extend(SpeedMessageSchema, {
  /** How many accounts have measured it lately; the value is their middle one, of an even number the slower. */
  accounts: count,
  /** Of the newest measurement; milliseconds since 1970. */
  measuredAt: z.number(),
});
export type SpeedRow = z.infer<typeof SpeedRowSchema>;

/** What the pages ask the server about itself. */
export const ServerInfoSchema = z.object({
  version: z.string(),
  protocol: count,
  /** The job that this server trains. */
  job: z.nullable(z.string()),
  /** Addresses at which other devices reach this server, best first; a phone's QR code carries the first. Never localhost. */
  reachableUrls: z.array(z.string()),
  /** It was told to answer this machine alone; where it was not and there is no such address, the machine is in no network. */
  forThisMachine: z.boolean(),
});
export type ServerInfo = z.infer<typeof ServerInfoSchema>;

/** Every error of the HTTP API. */
export const ProblemSchema = z.object({ error: z.string(), sentence: z.string() });
export type Problem = z.infer<typeof ProblemSchema>;
