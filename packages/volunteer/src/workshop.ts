/**
 * Where program, parameters, samples and device come together: the only part of a volunteer that awaits. It does what the
 * session asks, one computation at a time, and answers with values; of a device that is lost it tells once.
 */

import {
  type Engine,
  EngineError,
  type EvaluationSums,
  type Experience,
  type ModelProgram,
  messageOf,
  type OpenedEngine,
  type Preparation,
} from '@manyhands/compute';
import { createSampler, type DeviceClass, type ParamsVersion, type Sampler } from '@manyhands/core';
import type { Frame, JobProgram } from '@manyhands/protocol';
import { DeviceExperience } from './device-experience.ts';
import { noteOnDevice } from './device-note.ts';
import type { Download } from './download.ts';
import { type Failure, isFailure } from './failure.ts';
import type { HeldLease } from './joined.ts';
import { fetchParameters, type Parameters, parametersOfFrame } from './parameters.ts';
import { fetchProgram, modelProgramOf } from './program.ts';
import { createSampleShelf, type SampleShelf } from './samples.ts';

export interface WorkshopPorts {
  readonly download: Download;
  readonly openEngine: (
    program: ModelProgram,
    onPreparation: (preparation: Preparation) => void,
    experience: Experience,
  ) => Promise<OpenedEngine>;
  readonly now: () => number;
}

/** What was computed for a lease. The vector belongs to the caller. */
export type Answer = { readonly lease: HeldLease; readonly deviceMs: number; readonly samples: number } & (
  | { readonly kind: 'train'; readonly vector: Float32Array }
  | { readonly kind: 'evaluate'; readonly sums: EvaluationSums }
);

/** What there is while a program is known. */
interface Shop {
  readonly text: string;
  readonly program: JobProgram;
  readonly sampler: Sampler;
  readonly samples: SampleShelf;
}

type Batch = Awaited<ReturnType<SampleShelf['gather']>>;

export class Workshop {
  readonly #server: string;
  readonly #job: string;
  readonly #ports: WorkshopPorts;
  readonly #onLost: (sentence: string) => void;
  readonly #batches = new Map<HeldLease, Promise<Batch>>();
  /** Of this program on this device. */
  #experience = new DeviceExperience();
  #shop: Shop | undefined;
  #engine: Engine | undefined;
  /** The newest, on the CPU side: they outlive a lost device. */
  #parameters: Parameters | undefined;
  /** What lies on the device. */
  #loaded: Parameters | undefined;
  #note: string | undefined;
  #preparing: Promise<unknown> = Promise.resolve();
  #computing: Promise<unknown> = Promise.resolve();

  constructor(server: string, job: string, ports: WorkshopPorts, onLost: (sentence: string) => void) {
    this.#server = server;
    this.#job = job;
    this.#ports = ports;
    this.#onLost = onLost;
  }

  get program(): JobProgram | undefined {
    return this.#shop?.program;
  }

  /** Why it is this backend and no faster one; undefined where there is nothing to say. */
  get note(): string | undefined {
    return this.#note;
  }

  /** Fetches the program and opens an engine for it, or finds that both are here. One preparation runs at a time. */
  prepare(
    report: (what: 'program' | Preparation['stage'], done: number, total: number) => void,
  ): Promise<DeviceClass | Failure> {
    const prepared = this.#preparing.then(async () => {
      const fetched = await fetchProgram(this.#ports.download, this.#server, this.#job);
      if (isFailure(fetched)) return fetched;
      if (this.#engine !== undefined && this.#shop?.text === fetched.text) return this.#engine.device;
      this.#dispose();
      if (this.#shop?.text !== fetched.text) this.#experience = new DeviceExperience();
      const { program, text } = fetched;
      this.#shop = {
        text,
        program,
        sampler: createSampler({ ...program, samples: program.samples.train }),
        samples: createSampleShelf({ download: this.#ports.download, server: this.#server, program }),
      };
      return this.#open(program, report);
    });
    this.#preparing = prepared;
    return prepared;
  }

  /** The parameters in a frame; they lie in its memory. */
  readFrame(frame: Frame): Parameters | Failure {
    if (this.#shop !== undefined) return parametersOfFrame(frame, this.#shop.program.model);
    return { failure: 'malformed', sentence: 'The server sent parameters before this page had asked.' };
  }

  fetchParameters(version: ParamsVersion): Promise<Parameters | Failure> {
    return fetchParameters(this.#ports.download, this.#server, this.#shop!.program, version);
  }

  /** From here on these are the newest. */
  hold(parameters: Parameters): void {
    this.#parameters = parameters;
  }

  /** Samples in the units of a lease; the last unit of an evaluation may be cut short. */
  samplesIn({ kind, run }: HeldLease): number {
    const { batch, evaluation, samples } = this.#shop!.program;
    if (kind === 'train') return run.count * batch.unitSamples;
    const start = run.first * evaluation.unitSamples;
    return Math.max(0, Math.min(samples.evaluation, start + run.count * evaluation.unitSamples) - start);
  }

  /** These leases may have to be computed soon: their samples are gathered while the device is busy. */
  expect(leases: readonly HeldLease[]): void {
    for (const lease of this.#batches.keys()) if (!leases.includes(lease)) this.#batches.delete(lease);
    for (const lease of leases) if (!this.#batches.has(lease)) this.#batches.set(lease, this.#gather(lease));
  }

  /** Undefined when the device was lost meanwhile. */
  compute(lease: HeldLease): Promise<Answer | Failure | undefined> {
    const computed = this.#compute(lease);
    this.#computing = computed;
    return computed;
  }

  /** Frees the device as soon as it is idle. */
  async retire(): Promise<void> {
    await this.#preparing;
    await this.#computing;
    this.#dispose();
  }

  async #open(
    program: JobProgram,
    report: (what: Preparation['stage'], done: number, total: number) => void,
  ): Promise<DeviceClass | Failure> {
    try {
      const opened = await this.#ports.openEngine(
        modelProgramOf(program),
        ({ stage, done, total }) => report(stage, done, total),
        this.#experience.learned,
      );
      const { engine, choice } = opened;
      this.#engine = engine;
      this.#note = noteOnDevice(choice);
      void engine.lost.then((sentence) => this.#lose(engine, sentence));
      return engine.device;
    } catch (thrown) {
      const sentence = messageOf(thrown);
      const passing = thrown instanceof EngineError && thrown.kind === 'lost';
      return { failure: passing ? 'unreachable' : 'incapable', sentence };
    }
  }

  async #compute(lease: HeldLease): Promise<Answer | Failure | undefined> {
    const engine = this.#engine!;
    // Newer ones may come while the samples are awaited; nobody will want this answer then, but it must be one.
    const parameters = this.#parameters!;
    const { program, samples, sampler } = this.#shop!;
    const batch = await (this.#batches.get(lease) ?? this.#gather(lease));
    if (isFailure(batch)) return batch;
    const startedMs = this.#ports.now();
    const done = () => ({ lease, deviceMs: this.#ports.now() - startedMs, samples: batch.ids.length });
    try {
      if (this.#loaded !== parameters) engine.setParams(parameters.params, parameters.state);
      this.#loaded = parameters;
      if (lease.kind === 'evaluate') {
        const sums = await engine.evaluate(batch);
        this.#experience.finished(engine);
        return this.#engine === engine ? { ...done(), kind: 'evaluate', sums } : undefined;
      }
      const { step } = lease.version;
      const computing = engine.gradient(batch, lease.run, program.batch.units, step);
      samples.prefetch('train', sampler.indices(step + 1, lease.run));
      const vector = await computing;
      this.#experience.finished(engine);
      return this.#engine === engine ? { ...done(), kind: 'train', vector } : undefined;
    } catch (thrown) {
      const sentence = messageOf(thrown);
      if (thrown instanceof EngineError && thrown.kind === 'batch') return { failure: 'malformed', sentence };
      this.#lose(engine, thrown);
      return undefined;
    }
  }

  async #gather(lease: HeldLease): Promise<Batch> {
    const { program, samples, sampler } = this.#shop!;
    const { first, count } = lease.run;
    if (lease.kind === 'train') {
      if (first + count > program.batch.units) return beyond(lease);
      return samples.gather('train', sampler.indices(lease.version.step, lease.run));
    }
    const start = first * program.evaluation.unitSamples;
    const length = this.samplesIn(lease);
    if (length === 0) return beyond(lease);
    return samples.gather(
      'evaluation',
      Uint32Array.from({ length }, (_, i) => start + i),
    );
  }

  /** `why` is what was thrown, or the sentence with which the device went. */
  #lose(engine: Engine, why: unknown): void {
    if (this.#engine !== engine) return;
    this.#experience.lost(engine, why);
    this.#dispose();
    // What it was at may never come back.
    this.#computing = Promise.resolve();
    this.#onLost(messageOf(why));
  }

  #dispose(): void {
    const engine = this.#engine;
    this.#engine = undefined;
    this.#loaded = undefined;
    this.#batches.clear();
    engine?.dispose();
  }
}

function beyond({ run, kind }: HeldLease): Failure {
  const units = `${run.first} to ${run.first + run.count - 1}`;
  return {
    failure: 'malformed',
    sentence: `The server asked to ${kind} units ${units}, which this job does not have.`,
  };
}
