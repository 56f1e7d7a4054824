/** A run as pages and programs see it, the same whether it is trained now or only read from the data folder. */

import {
  batchSamples,
  type Codec,
  contributionCodec,
  contributionLength,
  type DeviceClass,
  drawOf,
  formatVersion,
  type JobStatus,
  layoutSize,
  type ParamsVersion,
  type Progress,
  shapeOf,
  unreachable,
  updateCodec,
} from '@manyhands/core';
import type { CodecView, Durable, JobView, StrategyView } from '@manyhands/protocol';
import type { Run, SavedVersion } from './store/store.ts';

export interface RunFacts {
  readonly hosted: boolean;
  readonly version: ParamsVersion;
  readonly progress: Progress;
  readonly durable: SavedVersion | undefined;
  readonly volunteers: { readonly connected: number; readonly working: number };
  /** Of the newest version; undefined where none was made here. */
  readonly staleness: number | undefined;
  /** In an exact job, once a class has the turn. */
  readonly serving: DeviceClass | undefined;
  readonly samplesPerSecond: number | null;
  readonly roundsPerMinute: number | null;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
}

export function jobView({ id, program, createdAt }: Run, facts: RunFacts): JobView {
  const { version, progress, durable } = facts;
  return {
    id,
    about: program.about,
    trial: program.trial,
    status: progress.status,
    hosted: facts.hosted,
    step: version.step,
    steps: program.stop.steps,
    version: formatVersion(version),
    durable: durable === undefined ? null : durableView(durable),
    metricName: program.model.metric,
    training: progress.training ?? null,
    evaluation: progress.evaluation ?? null,
    params: layoutSize(program.model.params),
    units: program.batch.units,
    batchSamples: batchSamples(drawOf(program.batch, program.strategy ?? SYNC)),
    volunteers: facts.volunteers,
    exact: program.exact ? { serving: facts.serving ?? null } : null,
    samplesPerSecond: facts.samplesPerSecond,
    roundsPerMinute: facts.roundsPerMinute,
    strategy: strategyView(program, facts),
    codec: codecView(program),
    updates: updatesView(program),
    residualsLost: 0,
    traffic: null,
    startedAt: createdAt,
    updatedAt: facts.updatedAt,
  };
}

function strategyView({ batch, strategy = SYNC }: Run['program'], facts: RunFacts): StrategyView {
  switch (strategy.kind) {
    case 'sync':
      return strategy;
    case 'local': {
      const { training } = facts.progress;
      const taken = training === undefined ? null : training.samples / batchSamples(batch);
      return { kind: 'local', steps: strategy.steps, taken };
    }
    case 'async':
      return { ...strategy, staleness: facts.staleness ?? null };
    default:
      return unreachable(strategy);
  }
}

const SYNC = { kind: 'sync' } as const;

function codecView({ model, codec = { kind: 'float32' } }: Run['program']): CodecView {
  const shape = shapeOf(model);
  return ratioOf(contributionCodec(codec, shape), contributionLength(shape));
}

function updatesView({ model, updates = { kind: 'float32' } }: Run['program']): CodecView {
  const shape = shapeOf(model);
  return ratioOf(updateCodec(updates, shape), shape.params + shape.state);
}

function ratioOf(codec: Codec, elements: number): CodecView {
  return {
    name: codec.name,
    ratio: (elements * Float32Array.BYTES_PER_ELEMENT) / codec.encodedBytes(elements),
  };
}

/** A run that nobody trains here: what its newest checkpoint says. */
export function savedView(run: Run, saved: SavedVersion & { readonly progress: Progress }): JobView {
  return jobView(run, {
    hosted: false,
    version: saved.version,
    progress: saved.progress,
    durable: saved,
    volunteers: { connected: 0, working: 0 },
    serving: undefined,
    staleness: undefined,
    samplesPerSecond: null,
    roundsPerMinute: null,
    updatedAt: saved.savedAt,
  });
}

/** Nothing brings a run back from here: whoever wants more trains anew. */
export function hasEnded(status: JobStatus): boolean {
  return status === 'finished' || status === 'stopped';
}

export function durableView({ version, paramsSha256 }: SavedVersion): Durable {
  return { version: formatVersion(version), step: version.step, paramsSha256 };
}
