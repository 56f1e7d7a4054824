/**
 * Where program, parameters, samples and device come together: the only part of a volunteer that awaits. It does what the
 * session asks, one computation at a time, and answers with values; of a device that is lost it tells once.
 */

import {
  ENGINE_NAMES,
  type Engine,
  EngineError,
  type EngineName,
  type EngineSpeed,
  type EvaluationSums,
  type ModelProgram,
  messageOf,
  type OpenedEngine,
  type OpenOptions,
  type Preparation,
  type SampleBatch,
  type StagedBatch,
} from '@manyhands/compute';
import {
  type BatchShape,
  createSampler,
  type DeviceClass,
  drawOf,
  isRepeatable,
  type LocalStrategy,
  type ParamsVersion,
  type Sampler,
  type Strategy,
  sameVersion,
} from '@manyhands/core';
import type { Frame, JobProgram } from '@manyhands/protocol';
import { Contributions, type Place, type Sum } from './contributions.ts';
import { DeviceExperience } from './device-experience.ts';
import { noteOnAudition, noteOnDevice, noteOnTrying } from './device-note.ts';
import type { Download } from './download.ts';
import { type Drifted, hasDrifted } from './drifted.ts';
import { EngineScout } from './engine-scout.ts';
import { type Failure, isFailure } from './failure.ts';
import type { HeldLease } from './joined.ts';
import { fetchParameters, type Parameters, parametersOfFrame } from './parameters.ts';
import { fetchProgram, modelProgramOf } from './program.ts';
import type { ResidualStore } from './residual-store.ts';
import { createSampleShelf, type SampleShelf } from './samples.ts';
import type { RememberedSpeed } from './speed-memory.ts';
import { fetchSpeeds } from './speeds.ts';
import type { Updates } from './updates.ts';

export interface WorkshopPorts {
  readonly download: Download;
  readonly openEngine: (
    program: ModelProgram,
    onPreparation: (preparation: Preparation) => void,
    wishes: Pick<OpenOptions, 'experience' | 'speeds' | 'only'>,
  ) => Promise<OpenedEngine>;
  /** Where what a lossy codec left out lies while nothing is computed. */
  readonly residuals: ResidualStore;
  readonly now: () => number;
}

/** How an engine is chosen: by its speed, or by somebody else, who is then not contradicted. */
export type EngineSearch =
  | { readonly search: 'none' }
  | {
      readonly search: 'fastest';
      /** What this browser measured in earlier visits, for whatever jobs. */
      readonly remembered: readonly RememberedSpeed[];
      readonly remember: (speed: RememberedSpeed) => void;
    };

/** Who hears of what nobody asked for. */
export interface WorkshopEar {
  readonly lost: (sentence: string) => void;
  readonly measured: (speed: EngineSpeed) => void;
}

/** What was computed for a lease. What it holds belongs to the caller; `began` names the parameters that it was computed with. */
export type Answer = { readonly lease: HeldLease; readonly deviceMs: number; readonly samples: number } & (
  | ({ readonly kind: 'train'; readonly began: ParamsVersion } & Sum)
  | { readonly kind: 'evaluate'; readonly sums: EvaluationSums }
);

/** What there is while a program is known. */
interface Shop {
  readonly text: string;
  readonly program: JobProgram;
  readonly strategy: Strategy;
  /** What a round draws. */
  readonly draw: BatchShape;
  readonly sampler: Sampler;
  readonly samples: SampleShelf;
  readonly contributions: Contributions;
  /** None where whole parameters come. */
  readonly updates: Updates | undefined;
  /** None where the engine is somebody else's choice. */
  readonly scout: EngineScout | undefined;
}

export class Workshop {
  readonly #server: string;
  readonly #job: string;
  readonly #ports: WorkshopPorts;
  readonly #search: EngineSearch;
  readonly #ear: WorkshopEar;
  /** Samples that lie with the engine, or are on their way to it. */
  readonly #batches = new Map<HeldLease, Promise<StagedBatch | Failure>>();
  /** Of this program on this device. */
  #experience = new DeviceExperience();
  #shop: Shop | undefined;
  #engine: Engine | undefined;
  /** The newest, on the CPU side: they outlive a lost device. */
  #parameters: Parameters | undefined;
  /** What lies on the device. */
  #loaded: Parameters | undefined;
  #opened: OpenedEngine | undefined;
  #engineNote: string | undefined;
  /** The newest lease that was trained on: what another engine is tried with. */
  #trained: HeldLease | undefined;
  /** One after another. */
  #failedOpenings = 0;
  #retiring = false;
  #preparing: Promise<unknown> = Promise.resolve();
  #computing: Promise<unknown> = Promise.resolve();

  constructor(server: string, job: string, ports: WorkshopPorts, search: EngineSearch, ear: WorkshopEar) {
    this.#server = server;
    this.#job = job;
    this.#ports = ports;
    this.#search = search;
    this.#ear = ear;
  }

  get program(): JobProgram | undefined {
    return this.#shop?.program;
  }

  /** What gradients of this program become; undefined while none is known. */
  get contributions(): Contributions | undefined {
    return this.#shop?.contributions;
  }

  /** Why it is this backend and no faster one; undefined where there is nothing to say. */
  get note(): string | undefined {
    return this.#opened && noteOnDevice(this.#opened.choice);
  }

  /** Which engine is being tried or was tried last, and what came of it; undefined where none was. */
  get engineNote(): string | undefined {
    return this.#engineNote;
  }

  /** What follows from the newest leases: the engine that the next gap is for, and what was measured is told. */
  advised(): EngineName | undefined {
    return this.#engine && this.#shop?.scout?.advised();
  }

  /** Fetches the program and opens an engine for it, or finds that both are here. One preparation runs at a time. */
  prepare(
    report: (what: 'program' | Preparation['stage'], done: number, total: number) => void,
  ): Promise<DeviceClass | Failure> {
    const prepared = this.#preparing.then(async () => {
      const { download, residuals } = this.#ports;
      const [fetched, told] = await Promise.all([
        fetchProgram(download, this.#server, this.#job),
        this.#search.search === 'fastest' ? fetchSpeeds(download, this.#server, this.#job) : [],
      ]);
      if (isFailure(fetched)) return fetched;
      if (this.#engine !== undefined && this.#shop?.text === fetched.text) return this.#engine.device;
      const { program, text } = fetched;
      const lossy = isLossless(program) ? undefined : await loaded(import('./lossy.ts'));
      if (lossy !== undefined && isFailure(lossy)) return lossy;
      this.#dispose();
      const { strategy = SYNC } = program;
      const draw = drawOf(program.batch, strategy);
      const known = this.#shop?.text === text ? this.#shop : undefined;
      if (known === undefined) {
        this.#experience = new DeviceExperience();
        this.#trained = undefined;
      }
      this.#shop = {
        text,
        program,
        strategy,
        draw,
        sampler: createSampler({ ...program, batch: draw, samples: program.samples.train }),
        samples: createSampleShelf({ download, server: this.#server, program }),
        contributions:
          known?.contributions ??
          new Contributions(program, lossy?.withholdingOf(program, this.#server, residuals)),
        updates: lossy?.updatesOf(program),
        scout: known === undefined ? this.#scoutFor(program, told) : known.scout,
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

  /** An update waits for the parameters that it begins from; `follow` goes on from there. */
  keepUpdate(frame: Frame): Failure | undefined {
    const updates = this.#shop?.updates;
    if (updates !== undefined) return updates.keep(frame);
    return { failure: 'malformed', sentence: 'The server sent an update to a job that has none.' };
  }

  /** Holds what the updates that are here lead to, and says which version that is; undefined where there is nothing newer. */
  follow(): ParamsVersion | Drifted | Failure | undefined {
    const held = this.#parameters;
    const reached = held && this.#shop?.updates?.follow(held);
    if (reached === undefined || hasDrifted(reached) || isFailure(reached)) return reached;
    this.#parameters = reached;
    return reached === held ? undefined : reached.version;
  }

  /** What changed since `from`, where that is less and the parameters of `from` are held; otherwise the whole. */
  async fetchParameters(
    version: ParamsVersion,
    from: ParamsVersion | undefined,
  ): Promise<Parameters | Failure> {
    const { download } = this.#ports;
    const { program, updates } = this.#shop!;
    const held = this.#parameters;
    if (
      updates !== undefined &&
      held !== undefined &&
      from !== undefined &&
      sameVersion(held.version, from)
    ) {
      const reached = await updates.fetch(download, this.#server, program.id, held, version);
      if (!isFailure(reached)) return reached;
    }
    return fetchParameters(download, this.#server, program, version);
  }

  /** From here on these are the newest. */
  hold(parameters: Parameters): void {
    this.#parameters = parameters;
  }

  get strategy(): Strategy {
    return this.#shop?.strategy ?? SYNC;
  }

  /** Two answers to one lease to train are the same in value. */
  get areComparable(): boolean {
    return isRepeatable(this.strategy) && this.#shop?.contributions.areComparable === true;
  }

  /** Samples in the units of a lease, all their steps taken; the last unit of an evaluation may be cut short. */
  #samplesIn({ kind, run }: HeldLease): number {
    const { draw, program } = this.#shop!;
    const { evaluation, samples } = program;
    if (kind === 'train') return run.count * draw.unitSamples;
    const start = run.first * evaluation.unitSamples;
    return Math.max(0, Math.min(samples.evaluation, start + run.count * evaluation.unitSamples) - start);
  }

  /** These leases may have to be computed soon: their samples go to the engine while the device is busy. */
  expect(leases: readonly HeldLease[]): void {
    const engine = this.#engine;
    if (engine === undefined) return;
    for (const [lease, batch] of this.#batches) {
      if (leases.includes(lease)) continue;
      this.#batches.delete(lease);
      void drop(batch);
    }
    for (const lease of leases) {
      if (this.#batches.has(lease)) continue;
      // Of many steps only the first would be needed soon.
      if (lease.kind === 'train' && this.strategy.kind === 'local') continue;
      this.#batches.set(lease, this.#stage(lease, engine));
    }
  }

  /**
   * Undefined when the device was lost meanwhile. Where a unit takes several steps, `wanted` is asked before each whether it is
   * still worth it.
   */
  compute(lease: HeldLease, wanted = () => true): Promise<Answer | Failure | undefined> {
    const computed = this.#compute(lease, wanted);
    this.#computing = computed;
    return computed;
  }

  /**
   * Tries another engine on the units of the newest lease and keeps the faster of the two. Must not be called while
   * something is computed. Undefined when the device was lost meanwhile.
   */
  audition(name: EngineName): Promise<DeviceClass | undefined> {
    const heard = this.#preparing.then(async () => {
      if (this.#engine !== undefined) await this.#audition(name, this.#engine);
      return this.#engine?.device;
    });
    this.#preparing = heard;
    return heard;
  }

  /** Frees the device as soon as it is idle. */
  async retire(): Promise<void> {
    this.#retiring = true;
    await this.#preparing;
    await this.#computing;
    this.#dispose();
  }

  async #open(
    program: JobProgram,
    report: (what: Preparation['stage'], done: number, total: number) => void,
  ): Promise<DeviceClass | Failure> {
    const { scout } = this.#shop!;
    try {
      const opened = await this.#ports.openEngine(
        modelProgramOf(program),
        ({ stage, done, total }) => report(stage, done, total),
        {
          experience: this.#experience.learned,
          ...(scout === undefined ? {} : { speeds: scout.speeds }),
        },
      );
      this.#failedOpenings = 0;
      this.#install(opened);
      return opened.engine.device;
    } catch (thrown) {
      const sentence = messageOf(thrown);
      // A device that is lost while it is opened may come back; one that is every time does not.
      const lost = thrown instanceof EngineError && thrown.kind === 'lost';
      const passing = lost && ++this.#failedOpenings < FAILED_OPENINGS_MAX;
      return { failure: passing ? 'unreachable' : 'incapable', sentence };
    }
  }

  #install(opened: OpenedEngine): void {
    const { engine, choice } = opened;
    this.#engine = engine;
    this.#opened = opened;
    this.#shop!.scout?.opened(engine.name, choice);
    void engine.lost.then((sentence) => this.#lose(engine, sentence));
  }

  #scoutFor({ layoutHash, exact }: JobProgram, told: readonly EngineSpeed[]): EngineScout | undefined {
    const search = this.#search;
    if (search.search === 'none') return undefined;
    const own = search.remembered.filter(
      (speed) => speed.layoutHash === layoutHash && ENGINE_NAMES.includes(speed.engine),
    );
    return new EngineScout(told, own, {
      now: this.#ports.now,
      // A job that asks to be exact is served by one class at a time, and who changes its own may have to wait for its turn.
      free: exact !== true,
      measured: (speed) => {
        search.remember({ ...speed, layoutHash });
        this.#ear.measured(speed);
      },
    });
  }

  async #audition(name: EngineName, atWork: Engine): Promise<void> {
    const { program, scout } = this.#shop!;
    const secondsNow = scout?.secondsPerSample;
    if (scout === undefined || secondsNow === undefined || this.#trained === undefined) return;
    this.#engineNote = noteOnTrying(name);
    let opened: OpenedEngine | undefined;
    try {
      opened = await this.#ports.openEngine(modelProgramOf(program), () => {}, {
        experience: this.#experience.learned,
        only: name,
      });
      const seconds = await this.#time(opened.engine, this.#trained);
      scout.tried(name, seconds);
      this.#engineNote = noteOnAudition(name, seconds, atWork.name, secondsNow);
      // Where the one at work was lost meanwhile, this one is all there is.
      if (seconds >= secondsNow && this.#engine !== undefined) return opened.engine.dispose();
      const { passedOver, others } = this.#opened!.choice;
      await this.#shop!.contributions.comeHome();
      this.#dispose();
      const choice = {
        ...opened.choice,
        passedOver: passedOver.filter(({ engine }) => engine !== name),
        others: [...others.filter((other) => other !== name), atWork.name],
      };
      this.#install({ ...opened, choice });
    } catch (thrown) {
      opened?.engine.dispose();
      scout.tried(name, undefined);
      this.#engineNote = noteOnAudition(name, messageOf(thrown), atWork.name, secondsNow);
    }
  }

  /** Seconds a sample over the units of a lease, as many of them as a slow engine has time for. */
  async #time(engine: Engine, { run, ...lease }: HeldLease): Promise<number> {
    const { params, state } = this.#parameters!;
    engine.setParams(params, state);
    const first = (count: number): HeldLease => ({ ...lease, run: { first: run.first, count } });
    const most = this.strategy.kind === 'local' ? 1 : run.count;
    await this.#timeOnce(engine, first(1));
    let count = 1;
    let spentMs = await this.#timeOnce(engine, first(count));
    while (count < most && spentMs < AUDITION_MS) {
      count = Math.min(2 * count, most);
      spentMs = await this.#timeOnce(engine, first(count));
    }
    let turns = 1;
    for (; turns < AUDITION_TURNS_MAX && spentMs < AUDITION_MS; turns++) {
      spentMs += await this.#timeOnce(engine, first(count));
    }
    // No clock that counts milliseconds has seen less than one.
    return Math.max(1, spentMs) / 1_000 / (turns * count * this.#shop!.program.batch.unitSamples);
  }

  async #timeOnce(engine: Engine, lease: HeldLease): Promise<number> {
    const isLocal = this.strategy.kind === 'local';
    const { step } = lease.version;
    const samples = await (isLocal ? this.#gatherStep(step, lease.run.first, 0) : this.#gather(lease));
    if (isFailure(samples)) throw new Error(samples.sentence);
    const startedMs = this.#ports.now();
    const { run, units } = this.#placeOf(lease);
    await engine.gradient(samples, run, units, step);
    return this.#ports.now() - startedMs;
  }

  async #compute(lease: HeldLease, wanted: () => boolean): Promise<Answer | Failure | undefined> {
    const engine = this.#engine!;
    // Newer ones may come while the samples are awaited; nobody will want this answer then, but it must be one.
    const parameters = this.#parameters!;
    const { strategy, contributions } = this.#shop!;
    if (lease.kind === 'train' && strategy.kind === 'local')
      return this.#trainLocally(lease, strategy, engine, parameters, wanted);
    const batch = await (this.#batches.get(lease) ?? this.#stage(lease, engine));
    if (isFailure(batch)) return batch;
    const startedMs = this.#ports.now();
    const counted = this.#samplesIn(lease);
    const done = () => ({ lease, deviceMs: this.#ports.now() - startedMs, samples: counted });
    return this.#onDevice(engine, async () => {
      if (this.#loaded !== parameters) engine.setParams(parameters.params, parameters.state);
      this.#loaded = parameters;
      if (lease.kind === 'evaluate') {
        const sums = await engine.evaluate(batch);
        return { ...done(), kind: 'evaluate', sums };
      }
      const computing = contributions.compute(engine, batch, lease, this.#placeOf(lease));
      this.#prefetch(lease);
      return { ...(await computing), ...done(), kind: 'train', began: parameters.version };
    });
  }

  /** Each step has samples of its own, which come while the one before is computed. */
  async #trainLocally(
    lease: HeldLease,
    strategy: LocalStrategy,
    engine: Engine,
    start: Parameters,
    wanted: () => boolean,
  ): Promise<Answer | Failure | undefined> {
    const { now } = this.#ports;
    const { unitSamples } = this.#shop!.program.batch;
    if (this.#isBeyond(lease)) return beyond(lease);
    const local = await loaded(import('./local-training.ts'));
    if (isFailure(local)) return local;
    const startedMs = now();
    return this.#onDevice(engine, async () => {
      this.#loaded = undefined;
      const trained = await local.trainLocally({
        ...{ engine, strategy, start, run: lease.run, unitSamples, now },
        stage: async (unit, step) => {
          const samples = await this.#gatherStep(lease.version.step, unit, step);
          return isFailure(samples) ? samples : engine.stage(samples);
        },
        wanted: () => wanted() && !this.#retiring,
        stopAtMs: startedMs + STEPS_SHARE * (lease.deadlineMs - startedMs),
      });
      if (isFailure(trained)) return trained;
      return { ...trained, lease, deviceMs: now() - startedMs, kind: 'train', began: start.version };
    });
  }

  /** Undefined when the device is lost meanwhile. */
  async #onDevice(
    engine: Engine,
    work: () => Promise<Answer | Failure>,
  ): Promise<Answer | Failure | undefined> {
    try {
      const answer = await work();
      if (isFailure(answer)) return answer;
      this.#experience.finished(engine);
      if (this.#engine !== engine) {
        this.#shop!.contributions.forgotten(answer.lease.id);
        return undefined;
      }
      if (answer.kind === 'train') {
        this.#trained = answer.lease;
        this.#shop!.scout?.computed(answer.samples, answer.deviceMs);
      }
      return answer;
    } catch (thrown) {
      const sentence = messageOf(thrown);
      if (thrown instanceof EngineError && thrown.kind === 'batch') return { failure: 'malformed', sentence };
      this.#lose(engine, thrown);
      return undefined;
    }
  }

  async #stage(lease: HeldLease, engine: Engine): Promise<StagedBatch | Failure> {
    const samples = await this.#gather(lease);
    return isFailure(samples) ? samples : engine.stage(samples);
  }

  async #gather(lease: HeldLease): Promise<SampleBatch | Failure> {
    const { program, samples, sampler } = this.#shop!;
    const { first } = lease.run;
    if (lease.kind === 'train') {
      if (this.#isBeyond(lease)) return beyond(lease);
      return samples.gather('train', sampler.indices(lease.version.step, lease.run));
    }
    const start = first * program.evaluation.unitSamples;
    const length = this.#samplesIn(lease);
    if (length === 0) return beyond(lease);
    return samples.gather(
      'evaluation',
      Uint32Array.from({ length }, (_, i) => start + i),
    );
  }

  #gatherStep(round: number, unit: number, step: number): Promise<SampleBatch | Failure> {
    const { program, samples, sampler } = this.#shop!;
    const { unitSamples } = program.batch;
    const drawn = sampler.indices(round, { first: unit, count: 1 });
    return samples.gather('train', drawn.subarray(step * unitSamples, (step + 1) * unitSamples));
  }

  /** Those of the next round; where rounds do not wait the stream has none. */
  #prefetch({ version, run }: HeldLease): void {
    const { samples, sampler } = this.#shop!;
    samples.prefetch('train', sampler.indices(version.step + 1, run));
  }

  /** Which leaves of the round's tree a lease asks for. Where a stream has no tree its units are one by themselves. */
  #placeOf({ run }: HeldLease): Place {
    const { strategy, program } = this.#shop!;
    if (strategy.kind !== 'async') return { run, units: program.batch.units };
    return { run: { first: 0, count: run.count }, units: run.count };
  }

  #isBeyond({ run }: HeldLease): boolean {
    const { strategy, program } = this.#shop!;
    return strategy.kind !== 'async' && run.first + run.count > program.batch.units;
  }

  /** `why` is what was thrown, or the sentence with which the device went. */
  #lose(engine: Engine, why: unknown): void {
    if (this.#engine !== engine) return;
    this.#experience.lost(engine, why);
    this.#dispose();
    void this.#shop!.contributions.comeHome();
    // What it was at may never come back.
    this.#computing = Promise.resolve();
    this.#ear.lost(messageOf(why));
  }

  #dispose(): void {
    const engine = this.#engine;
    this.#engine = undefined;
    this.#loaded = undefined;
    this.#batches.clear();
    engine?.dispose();
  }
}

const SYNC = { kind: 'sync' } as const;
const FLOAT32 = { kind: 'float32' } as const;
const FAILED_OPENINGS_MAX = 3;
/** Of the time that is left for a lease, how much may go into its steps: the answer has to travel too. */
const STEPS_SHARE = 0.75;
/** An audition is over this much of the device's time, or so many times the units of a lease. */
const AUDITION_MS = 200;
const AUDITION_TURNS_MAX = 32;

/** Whether no codec of it leaves anything out. */
function isLossless({ codec = FLOAT32, updates }: JobProgram): boolean {
  return codec.kind === 'float32' && updates === undefined;
}

/** A part of this page that only some jobs ask for, and that no other pays for. */
async function loaded<Part extends object>(part: Promise<Part>): Promise<Part | Failure> {
  try {
    return await part;
  } catch (thrown) {
    const sentence = `A part of this page could not be loaded (${messageOf(thrown)}): it is tried again.`;
    return { failure: 'unreachable', sentence };
  }
}

async function drop(batch: Promise<StagedBatch | Failure>): Promise<void> {
  const staged = await batch;
  if (!isFailure(staged)) staged.drop();
}

function beyond({ run, kind }: HeldLease): Failure {
  const units = `${run.first} to ${run.first + run.count - 1}`;
  return {
    failure: 'malformed',
    sentence: `The server asked to ${kind} units ${units}, which this job does not have.`,
  };
}
