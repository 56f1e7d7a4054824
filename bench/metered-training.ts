/**
 * One training run in one process, whose bytes are counted. The heart, the codec and what volunteers keep back are those
 * that work in production, and the gradients are real; only clock, sockets and disk are played: an answer takes as long as
 * is drawn for it. Who leaves takes along what it had not sent yet, and its lease comes back.
 */

import type { Engine, SampleBatch } from '@manyhands/compute';
import {
  type Codec,
  type Coordinator,
  contributionCodec,
  createCoordinator,
  createRandom,
  type Effect,
  type Event,
  initialCheckpoint,
  isStale,
  type Job,
  type Lease,
  type ParamsVersion,
  type Random,
  shapeOf,
  stalenessMaxOf,
  stepsOf,
  type VolunteerId,
} from '@manyhands/core';
import { decodeFrame, type JobProgram } from '@manyhands/protocol';
import type { LoadedJob } from 'manyhands';
import { paramsFrame, updateFrame } from '../apps/server/src/host/translation.ts';
import { encodeShard } from '../apps/server/src/http/samples.ts';
import { Contributions } from '../packages/volunteer/src/contributions.ts';
import { type Draw, Draws } from '../packages/volunteer/src/draws.ts';
import { type Failure, isFailure } from '../packages/volunteer/src/failure.ts';
import type { HeldLease } from '../packages/volunteer/src/joined.ts';
import { trainLocally } from '../packages/volunteer/src/local-training.ts';
import { withholdingOf } from '../packages/volunteer/src/lossy.ts';
import type { Parameters } from '../packages/volunteer/src/parameters.ts';
import { NO_RESIDUALS } from '../packages/volunteer/src/residual-store.ts';
import { createSampleShelf, type SampleShelf } from '../packages/volunteer/src/samples.ts';

export interface Crowd {
  /** How many are there at any time: for each that leaves another comes at once. */
  readonly volunteers: number;
  /** Which part of them leaves in the course of a round, on average. */
  readonly leaving: number;
  /** A step of a unit takes this long, and up to half as long again. */
  readonly stepMs: number;
  /** Of each volunteer's uplink. */
  readonly upBitsPerSecond: number;
}

/** What had moved when a version had been measured on the held-out samples. */
export interface MeteredPoint {
  readonly step: number;
  /** On the clock that is played. */
  readonly atMs: number;
  readonly accuracy: number;
  /** Contributions, with their headers, whether they counted or not. */
  readonly upBytes: number;
  /** Each version to each volunteer, and what leads to the newest to each who comes. */
  readonly downBytes: number;
}

/** Trains until the job's own stop. The engine holds the job's model and is used by nobody else meanwhile. */
export function trainMetered(
  loaded: LoadedJob,
  engine: Engine,
  crowd: Crowd,
): Promise<readonly MeteredPoint[]> {
  return new MeteredTraining(loaded, engine, crowd).run();
}

/** From a volunteer to the server. */
const WAY_MS = 20;
const TICK_MS = 50;

/** Keeps what happens to volunteers apart from other randomness of the same seed. */
const CHURN_STREAM = 0xc42e;

interface Volunteer {
  readonly id: VolunteerId;
  readonly contributions: Contributions;
  /** What it computes at the moment. */
  working: Lease | undefined;
}

type Published = Extract<Effect, { readonly type: 'publish' }>;

interface Due {
  readonly atMs: number;
  readonly happen: () => void;
}

class MeteredTraining {
  readonly #loaded: LoadedJob;
  readonly #job: Job;
  readonly #engine: Engine;
  readonly #crowd: Crowd;
  readonly #unitMs: number;
  readonly #shelf: SampleShelf;
  readonly #random: Random;
  readonly #program: JobProgram;
  readonly #draws: Draws;
  readonly #codec: Codec;
  readonly #coordinator: Coordinator;
  readonly #volunteers = new Map<VolunteerId, Volunteer>();
  readonly #points: MeteredPoint[] = [];
  /** The newest version. */
  #start: Parameters | undefined;
  /** Computed before the clock goes on, since the engine holds the parameters of this round only. */
  #toCompute: Lease[] = [];
  #agenda: Due[] = [];
  #nowMs = 0;
  #nextId = 1;
  /** What who comes now downloads to hold the newest version. */
  #arrivalBytes = 0;
  #upBytes = 0;
  #downBytes = 0;
  #isOver = false;

  constructor(loaded: LoadedJob, engine: Engine, crowd: Crowd) {
    const { job } = loaded;
    this.#loaded = loaded;
    this.#job = job;
    this.#engine = engine;
    this.#crowd = crowd;
    this.#unitMs = stepsOf(job.strategy) * crowd.stepMs;
    this.#shelf = shelfOf(loaded);
    this.#random = createRandom(job.seed, CHURN_STREAM);
    this.#program = { ...(loaded.program as JobProgram), codec: job.codec };
    this.#draws = new Draws(this.#program, job.strategy);
    this.#codec = contributionCodec(job.codec, shapeOf(job));
    const { params, state } = loaded.initial;
    const start = initialCheckpoint(job, params, state);
    this.#coordinator = createCoordinator(job, start);
    this.#publish({ version: start.version, params, state, update: undefined });
  }

  async run(): Promise<readonly MeteredPoint[]> {
    for (let i = 0; i < this.#crowd.volunteers; i++) this.#join();
    this.#tick();
    while (!this.#isOver) {
      const leases = this.#toCompute;
      this.#toCompute = [];
      for (const lease of leases) await this.#compute(lease);
      this.#agenda.sort((a, b) => a.atMs - b.atMs);
      const due = this.#agenda.shift()!;
      this.#nowMs = due.atMs;
      due.happen();
    }
    return this.#points;
  }

  // — The server —

  #tell(event: Event): readonly Effect[] {
    const effects = this.#coordinator.step(event, this.#nowMs);
    for (const effect of effects) this.#perform(effect);
    return effects;
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'publish':
        this.#publish(effect);
        for (const { id } of this.#volunteers.values()) this.#perhapsLeave(id);
        return;
      case 'assign':
        this.#toCompute.push(effect.lease);
        return;
      case 'record':
        if (effect.entry.kind === 'diverged') throw new Error('The training diverged.');
        if (effect.entry.kind === 'evaluation') this.#note(effect.entry.evaluation);
        return;
      case 'save': {
        const { version } = effect.checkpoint;
        return this.#later(0, () => this.#tell({ type: 'checkpoint-durable', version }));
      }
      case 'status':
        this.#isOver = effect.status !== 'running';
        return;
    }
  }

  /** Who is there gets the update where there is one; who comes gets the parameters. */
  #publish({ version, params, state, update }: Omit<Published, 'type'>): void {
    this.#engine.setParams(params, state);
    this.#start = { version, params, state };
    const whole = paramsFrame(version, params, state);
    const sent = update === undefined ? whole : updateFrame(version, update);
    const isFirst = version.step === 0;
    // The first version is drawn, where that can be; from there on it is all updates, while they are the shorter way.
    const { drawn } = this.#loaded.program.model;
    if (isFirst) this.#arrivalBytes = drawn === undefined ? whole.byteLength : 0;
    else this.#arrivalBytes = Math.min(whole.byteLength, this.#arrivalBytes + sent.byteLength);
    this.#downBytes += this.#volunteers.size * sent.byteLength;
    for (const volunteer of this.#volunteers.values()) this.#cutOff(volunteer, version);
  }

  /** Who works on what nobody waits for any more stops after the step that it is in, and sends nothing of it. */
  #cutOff(volunteer: Volunteer, newest: ParamsVersion): void {
    const { working } = volunteer;
    if (working === undefined || !isStale(working.version, newest, stalenessMaxOf(this.#job.strategy)))
      return;
    volunteer.working = undefined;
    this.#later(this.#crowd.stepMs, () => this.#tell({ type: 'lease-pulled', volunteer: volunteer.id }));
  }

  #note({ step, metric }: { readonly step: number; readonly metric: number }): void {
    const [upBytes, downBytes] = [this.#upBytes, this.#downBytes];
    this.#points.push({ step, atMs: this.#nowMs, accuracy: metric, upBytes, downBytes });
  }

  #tick(): void {
    this.#tell({ type: 'ticked' });
    this.#later(TICK_MS, () => this.#tick());
  }

  #later(delayMs: number, happen: () => void): void {
    this.#agenda.push({ atMs: this.#nowMs + delayMs, happen });
  }

  // — Volunteers —

  #join(): void {
    const id = this.#nextId++ as VolunteerId;
    const contributions = new Contributions(this.#program, withholdingOf(this.#program, '', NO_RESIDUALS));
    this.#volunteers.set(id, { id, contributions, working: undefined });
    this.#downBytes += this.#arrivalBytes;
    this.#tell({ type: 'volunteer-joined', volunteer: id, account: `${id}`, device: this.#engine.device });
    this.#tell({ type: 'lease-pulled', volunteer: id });
  }

  /** Drawn for each volunteer at the beginning of each round. */
  #perhapsLeave(volunteer: VolunteerId): void {
    if (this.#random.fraction() >= this.#crowd.leaving) return;
    this.#later(this.#random.fraction() * this.#unitMs, () => {
      if (!this.#volunteers.delete(volunteer)) return;
      this.#tell({ type: 'volunteer-left', volunteer });
      this.#join();
    });
  }

  async #compute(lease: Lease): Promise<void> {
    const { kind, run, volunteer } = lease;
    const holder = this.#volunteers.get(volunteer);
    if (holder === undefined) return;
    if (kind === 'train') {
      holder.working = lease;
      const { vector, samples } = await this.#train(held(lease));
      const tookMs = run.count * this.#unitMs * (1 + this.#random.fraction() / 2);
      return this.#later(tookMs, () => {
        if (holder.working === lease) this.#contribute(holder, lease, vector, samples, tookMs);
      });
    }
    const sums = await this.#engine.evaluate(await this.#gather(this.#draws.of(held(lease))));
    this.#later(this.#crowd.stepMs, () => {
      this.#tell({ type: 'evaluation-arrived', volunteer, lease: lease.id, ...sums });
      this.#tell({ type: 'lease-pulled', volunteer });
    });
  }

  async #train(lease: HeldLease): Promise<{ readonly vector: Float32Array; readonly samples: number }> {
    const { batch, strategy } = this.#job;
    if (strategy.kind !== 'local') {
      const samples = await this.#gather(this.#draws.of(lease));
      const { run, units } = this.#draws.placeOf(lease);
      const vector = await this.#engine.gradient(samples, run, units, lease.version.step);
      return { vector, samples: samples.ids.length };
    }
    const start = this.#start!;
    const answer = await trainLocally({
      ...{ engine: this.#engine, strategy, start, run: lease.run, unitSamples: batch.unitSamples },
      stage: (unit, step) => this.#gather(this.#draws.ofStep(lease, unit, step)),
      wanted: () => true,
      stopAtMs: Number.POSITIVE_INFINITY,
      now: () => 0,
    });
    const { sum, samples } = good(answer);
    const vector = await sum.whole();
    this.#engine.setParams(start.params, start.state);
    return { vector, samples };
  }

  /** It is done with a lease: the answer goes on its way, and it asks for the next. */
  #contribute(
    volunteer: Volunteer,
    lease: Lease,
    vector: Float32Array,
    samples: number,
    tookMs: number,
  ): void {
    volunteer.working = undefined;
    if (!this.#volunteers.has(volunteer.id)) return;
    const frame = volunteer.contributions.frame({
      ...{ kind: 'train', lease: held(lease), deviceMs: tookMs, samples, vector, began: lease.version },
    });
    this.#upBytes += frame.byteLength;
    const sendingMs = (frame.byteLength * 8_000) / this.#crowd.upBitsPerSecond;
    this.#later(WAY_MS + sendingMs, () => {
      this.#receive(volunteer, frame);
      this.#tell({ type: 'lease-pulled', volunteer: volunteer.id });
    });
  }

  #receive({ id: volunteer, contributions }: Volunteer, bytes: Uint8Array): void {
    const { lease, samples, computeMs, elements, body } = good(decodeFrame(bytes));
    const vector = good(this.#codec.decode(body, elements));
    const effects = this.#tell({
      ...{ type: 'contribution-arrived', volunteer, lease: lease as Lease['id'], samples, computeMs, vector },
    });
    if (effects.some(({ type }) => type === 'accept')) contributions.accepted(lease);
    else contributions.forgotten(lease);
  }

  async #gather(draw: Draw | Failure): Promise<SampleBatch> {
    return good(await this.#shelf.gather(good(draw)));
  }
}

/** A lease as its volunteer has it. */
function held(lease: Lease): HeldLease {
  return { ...lease, arrivedAtMs: lease.grantedAtMs };
}

/** The shelf of a volunteer, whose shards come from the server's own code and over no network. */
function shelfOf({ program, dataset }: LoadedJob): SampleShelf {
  return createSampleShelf({
    ...{ program: { id: NOWHERE, samples: program.samples }, server: `http://${NOWHERE}` },
    async download(url) {
      const [set, shard] = url.split('/').slice(-2);
      const file = encodeShard(program.samples, dataset[set as Draw['set']], Number(shard));
      return new Uint8Array(file!);
    },
  });
}

const NOWHERE = 'localhost';

/** What both sides of one process made must be readable. */
function good<Value extends object>(value: Value | string | Failure): Value {
  if (typeof value !== 'string' && !isFailure(value)) return value;
  const sentence = typeof value === 'string' ? `${value}.` : value.sentence;
  throw new Error(`The benchmark refused what it had made itself: ${sentence}`);
}
