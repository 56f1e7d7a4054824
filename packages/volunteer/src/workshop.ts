/**
 * Where program, parameters, samples and device come together: the only part of a volunteer that awaits. It does what the
 * session asks, one computation at a time, and answers with values; of a device that is lost it tells once.
 */

import {
  ENGINE_NAMES,
  type Engine,
  type EngineChoice,
  EngineError,
  type EngineName,
  type EngineSpeed,
  type ModelProgram,
  messageOf,
  type OpenedEngine,
  type OpenOptions,
  type Preparation,
  type SampleBatch,
  type StagedBatch,
  type UnreadSum,
} from '@manyhands/compute';
import {
  type DeviceClass,
  FIRST_VERSION,
  isLossy,
  isRepeatable,
  type LocalStrategy,
  type ParamsVersion,
  type Strategy,
  sameVersion,
} from '@manyhands/core';
import type { Frame, JobProgram } from '@manyhands/protocol';
import type { Answer } from './answer.ts';
import { audition } from './audition.ts';
import { Contributions } from './contributions.ts';
import { DeviceExperience } from './device-experience.ts';
import { noteOnAudition, noteOnDevice, noteOnTrying } from './device-note.ts';
import type { Download } from './download.ts';
import { type Draw, Draws, type Place } from './draws.ts';
import { type Drifted, hasDrifted } from './drifted.ts';
import { EngineAtWork } from './engine-at-work.ts';
import { EngineScout } from './engine-scout.ts';
import { type Failure, isFailure } from './failure.ts';
import type { HeldLease } from './joined.ts';
import { drawParameters, fetchParameters, type Parameters, parametersOfFrame } from './parameters.ts';
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

/** What there is while a program is known. */
interface Shop {
  readonly text: string;
  readonly program: JobProgram;
  readonly strategy: Strategy;
  readonly draws: Draws;
  readonly samples: SampleShelf;
  /** Of this program on this device. */
  readonly experience: DeviceExperience;
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
  #shop: Shop | undefined;
  #atWork: EngineAtWork | undefined;
  /** The newest, on the CPU side: they outlive a lost device. */
  #parameters: Parameters | undefined;
  /** Of the engine at work, or of the last that was. */
  #choice: EngineChoice | undefined;
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
    return this.#choice && noteOnDevice(this.#choice);
  }

  /** Which engine is being tried or was tried last, and what came of it; undefined where none was. */
  get engineNote(): string | undefined {
    return this.#engineNote;
  }

  /** What follows from the newest leases: the engine that the next gap is for, and what was measured is told. */
  advised(): EngineName | undefined {
    return this.#atWork && this.#shop?.scout?.advised();
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
      if (this.#atWork !== undefined && this.#shop?.text === fetched.text) return this.#atWork.engine.device;
      const { program, text } = fetched;
      const lossy = isLossless(program) ? undefined : await loaded(import('./lossy.ts'));
      if (lossy !== undefined && isFailure(lossy)) return lossy;
      this.#dispose();
      const { strategy = SYNC } = program;
      const known = this.#shop?.text === text ? this.#shop : undefined;
      if (known === undefined) this.#trained = undefined;
      this.#shop = {
        text,
        program,
        strategy,
        draws: new Draws(program, strategy),
        samples: createSampleShelf({ download, server: this.#server, program }),
        experience: known?.experience ?? new DeviceExperience(),
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

  /** The first version, which needs no download; undefined where the program does not tell how it is drawn. */
  draw(): Parameters | undefined {
    return drawParameters(this.#shop!.program.model);
  }

  /** What changed since `from`, or since the first version where nothing is held, if that is less; otherwise the whole. */
  async fetchParameters(
    version: ParamsVersion,
    from: ParamsVersion | undefined,
  ): Promise<Parameters | Failure> {
    const { download } = this.#ports;
    const { program, updates } = this.#shop!;
    if (updates?.areWorthIt(from ?? FIRST_VERSION, version)) {
      const start = from === undefined ? this.draw() : this.#held(from);
      const reached = start && (await updates.fetch(download, this.#server, program.id, start, version));
      if (reached !== undefined && !isFailure(reached)) return reached;
    }
    return fetchParameters(download, this.#server, program, version);
  }

  #held(version: ParamsVersion): Parameters | undefined {
    const held = this.#parameters;
    return held && sameVersion(held.version, version) ? held : undefined;
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

  /** These leases may have to be computed soon: their samples go to the engine while the device is busy. */
  expect(leases: readonly HeldLease[]): void {
    // Of many steps only the first would be needed soon.
    const whole = leases.filter(({ kind }) => kind === 'evaluate' || this.strategy.kind !== 'local');
    this.#atWork?.expect(whole);
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
      if (this.#atWork !== undefined) await this.#audition(name, this.#atWork);
      return this.#atWork?.engine.device;
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
    const { scout, experience } = this.#shop!;
    try {
      const opened = await this.#ports.openEngine(
        modelProgramOf(program),
        ({ stage, done, total }) => report(stage, done, total),
        {
          experience: experience.learned,
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
    const { scout, draws } = this.#shop!;
    const atWork = new EngineAtWork(opened, (lease) => this.#gather(draws.of(lease)));
    this.#atWork = atWork;
    this.#choice = choice;
    scout?.opened(engine.name, choice);
    void engine.lost.then((sentence) => this.#lose(atWork, sentence));
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

  async #audition(name: EngineName, atWork: EngineAtWork): Promise<void> {
    const { program, scout, draws, experience, contributions } = this.#shop!;
    const secondsNow = scout?.secondsPerSample;
    const lease = this.#trained;
    if (scout === undefined || secondsNow === undefined || lease === undefined) return;
    this.#engineNote = noteOnTrying(name);
    const wishes = { experience: experience.learned, only: name };
    const heard = await audition({
      ...{ lease, draws, parameters: this.#parameters!, now: this.#ports.now },
      open: () => this.#ports.openEngine(modelProgramOf(program), () => {}, wishes),
      gather: (draw) => this.#gather(draw),
    });
    const failed = isFailure(heard);
    scout.tried(name, failed ? undefined : heard.secondsPerSample);
    const outcome = failed ? heard.sentence : heard.secondsPerSample;
    this.#engineNote = noteOnAudition(name, outcome, atWork.engine.name, secondsNow);
    if (failed) return;
    const { opened, secondsPerSample } = heard;
    // Where the one at work was lost meanwhile, this one is all there is.
    if (secondsPerSample >= secondsNow && this.#atWork !== undefined) return opened.engine.dispose();
    await contributions.comeHome();
    this.#dispose();
    this.#install(inPlaceOf(atWork, opened));
  }

  async #compute(lease: HeldLease, wanted: () => boolean): Promise<Answer | Failure | undefined> {
    const atWork = this.#atWork!;
    // Newer ones may come while the samples are awaited; nobody will want this answer then, but it must be one.
    const parameters = this.#parameters!;
    const { strategy, draws, samples, contributions } = this.#shop!;
    if (lease.kind === 'train' && strategy.kind === 'local')
      return this.#trainLocally(lease, strategy, atWork, parameters, wanted);
    const batch = await atWork.stagedFor(lease);
    if (isFailure(batch)) return batch;
    const startedMs = this.#ports.now();
    const counted = draws.samplesIn(lease);
    const done = () => ({ lease, deviceMs: this.#ports.now() - startedMs, samples: counted });
    return this.#onDevice(atWork, async () => {
      const { engine } = atWork;
      atWork.load(parameters);
      if (lease.kind === 'evaluate') {
        const sums = await engine.evaluate(batch);
        return { ...done(), kind: 'evaluate', sums };
      }
      const computing = contributions.read(lease, gradientOf(engine, batch, lease, draws.placeOf(lease)));
      samples.prefetch(draws.ofNextRound(lease));
      return { ...(await computing), ...done(), kind: 'train', began: parameters.version };
    });
  }

  /** Each step has samples of its own, which come while the one before is computed. */
  async #trainLocally(
    lease: HeldLease,
    strategy: LocalStrategy,
    atWork: EngineAtWork,
    start: Parameters,
    wanted: () => boolean,
  ): Promise<Answer | Failure | undefined> {
    const { now } = this.#ports;
    const { program, draws, contributions } = this.#shop!;
    const { unitSamples } = program.batch;
    const local = await loaded(import('./local-training.ts'));
    if (isFailure(local)) return local;
    const startedMs = now();
    return this.#onDevice(atWork, async () => {
      const { engine } = atWork;
      atWork.unload();
      const trained = await local.trainLocally({
        ...{ engine, strategy, start, run: lease.run, unitSamples, now },
        stage: async (unit, step) => {
          const samples = await this.#gather(draws.ofStep(lease, unit, step));
          return isFailure(samples) ? samples : engine.stage(samples);
        },
        wanted: () => wanted() && !this.#retiring,
        stopAtMs: startedMs + STEPS_SHARE * (lease.deadlineMs - startedMs),
      });
      if (isFailure(trained)) return trained;
      const read = await contributions.read(lease, trained.sum);
      const { samples } = trained;
      return { ...read, samples, lease, deviceMs: now() - startedMs, kind: 'train', began: start.version };
    });
  }

  /** Undefined when the device is lost meanwhile. */
  async #onDevice(
    atWork: EngineAtWork,
    work: () => Promise<Answer | Failure>,
  ): Promise<Answer | Failure | undefined> {
    try {
      const answer = await work();
      if (isFailure(answer)) return answer;
      const { experience, contributions, scout } = this.#shop!;
      experience.finished(atWork.engine);
      if (this.#atWork !== atWork) {
        contributions.forgotten(answer.lease.id);
        return undefined;
      }
      if (answer.kind === 'train') {
        this.#trained = answer.lease;
        scout?.computed(answer.samples, answer.deviceMs);
      }
      return answer;
    } catch (thrown) {
      const sentence = messageOf(thrown);
      if (thrown instanceof EngineError && thrown.kind === 'batch') return { failure: 'malformed', sentence };
      this.#lose(atWork, thrown);
      return undefined;
    }
  }

  async #gather(draw: Draw | Failure): Promise<SampleBatch | Failure> {
    return isFailure(draw) ? draw : this.#shop!.samples.gather(draw);
  }

  /** `why` is what was thrown, or the sentence with which the device went. */
  #lose(atWork: EngineAtWork, why: unknown): void {
    if (this.#atWork !== atWork) return;
    const { experience, contributions } = this.#shop!;
    experience.lost(atWork.engine, why);
    this.#dispose();
    void contributions.comeHome();
    // What it was at may never come back.
    this.#computing = Promise.resolve();
    this.#ear.lost(messageOf(why));
  }

  #dispose(): void {
    const atWork = this.#atWork;
    this.#atWork = undefined;
    atWork?.engine.dispose();
  }
}

/** Computed when it is read. */
function gradientOf(
  engine: Engine,
  batch: StagedBatch,
  { version }: HeldLease,
  { run, units }: Place,
): UnreadSum {
  const { encodedGradient } = engine;
  return {
    whole: () => engine.gradient(batch, run, units, version.step),
    encoded: encodedGradient && ((encoding) => encodedGradient(batch, run, units, version.step, encoding)),
  };
}

const SYNC = { kind: 'sync' } as const;
const FLOAT32 = { kind: 'float32' } as const;
const FAILED_OPENINGS_MAX = 3;
/** Of the time that is left for a lease, how much may go into its steps: the answer has to travel too. */
const STEPS_SHARE = 0.75;

/** Of the others it knows what the one before knew. */
function inPlaceOf(
  { engine: before, choice }: EngineAtWork,
  { engine, choice: own }: OpenedEngine,
): OpenedEngine {
  const passedOver = choice.passedOver.filter((other) => other.engine !== engine.name);
  const others = [...choice.others.filter((other) => other !== engine.name), before.name];
  return { engine, choice: { ...own, passedOver, others } };
}

/** Whether no codec of it leaves anything out. */
function isLossless({ codec = FLOAT32, updates }: JobProgram): boolean {
  return !isLossy(codec) && updates === undefined;
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
