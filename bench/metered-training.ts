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
  createSampler,
  drawOf,
  type Effect,
  type Event,
  initialCheckpoint,
  type Job,
  type Lease,
  type Random,
  type Sampler,
  shapeOf,
  stepsOf,
  type VolunteerId,
} from '@manyhands/core';
import { decodeFrame, type JobProgram } from '@manyhands/protocol';
import type { LoadedJob } from 'manyhands';
import { paramsFrame, updateFrame } from '../apps/server/src/host/translation.ts';
import { Contributions } from '../packages/volunteer/src/contributions.ts';
import { isFailure } from '../packages/volunteer/src/failure.ts';
import { type LocalAnswer, trainLocally } from '../packages/volunteer/src/local-training.ts';
import { withholdingOf } from '../packages/volunteer/src/lossy.ts';
import type { Parameters } from '../packages/volunteer/src/parameters.ts';
import { NO_RESIDUALS } from '../packages/volunteer/src/residual-store.ts';

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
  job: Job,
  engine: Engine,
  crowd: Crowd,
): Promise<readonly MeteredPoint[]> {
  return new MeteredTraining(loaded, job, engine, crowd).run();
}

/** From a volunteer to the server. */
const WAY_MS = 20;
const TICK_MS = 50;

/** Keeps what happens to volunteers apart from other randomness of the same seed. */
const CHURN_STREAM = 0xc42e;

interface Volunteer {
  readonly id: VolunteerId;
  readonly contributions: Contributions;
}

type Published = Extract<Effect, { readonly type: 'publish' }>;

interface Due {
  readonly atMs: number;
  readonly happen: () => void;
}

type Samples = LoadedJob['dataset']['train'];

class MeteredTraining {
  readonly #loaded: LoadedJob;
  readonly #job: Job;
  readonly #engine: Engine;
  readonly #crowd: Crowd;
  readonly #unitMs: number;
  readonly #random: Random;
  readonly #sampler: Sampler;
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

  constructor(loaded: LoadedJob, job: Job, engine: Engine, crowd: Crowd) {
    this.#loaded = loaded;
    this.#job = job;
    this.#engine = engine;
    this.#crowd = crowd;
    this.#unitMs = stepsOf(job.strategy) * crowd.stepMs;
    this.#random = createRandom(job.seed, CHURN_STREAM);
    const batch = drawOf(job.batch, job.strategy);
    this.#sampler = createSampler({ ...job, batch, samples: job.samples.train });
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
    const program = { ...(this.#loaded.program as JobProgram), codec: this.#job.codec };
    const contributions = new Contributions(program, withholdingOf(program, '', NO_RESIDUALS));
    this.#volunteers.set(id, { id, contributions });
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
    const { evaluation } = this.#job;
    if (kind === 'train') {
      const { vector, samples } = await this.#train(lease);
      const tookMs = run.count * this.#unitMs * (1 + this.#random.fraction() / 2);
      return this.#later(tookMs, () => this.#contribute(lease, vector, samples, tookMs));
    }
    const heldOut = this.#loaded.dataset.evaluation;
    const first = run.first * evaluation.unitSamples;
    const count = Math.min(heldOut.count - first, run.count * evaluation.unitSamples);
    const indices = Uint32Array.from({ length: count }, (_, i) => first + i);
    const sums = await this.#engine.evaluate(this.#gather(heldOut, indices));
    this.#later(this.#crowd.stepMs, () => {
      this.#tell({ type: 'evaluation-arrived', volunteer, lease: lease.id, ...sums });
      this.#tell({ type: 'lease-pulled', volunteer });
    });
  }

  async #train({ run, version }: Lease): Promise<LocalAnswer> {
    const { batch, strategy } = this.#job;
    const { train } = this.#loaded.dataset;
    const indices = this.#sampler.indices(version.step, run);
    if (strategy.kind !== 'local') {
      // To an engine the units of a stream are a batch by themselves.
      const [place, units] =
        strategy.kind === 'async' ? [{ first: 0, count: run.count }, run.count] : [run, batch.units];
      const samples = this.#gather(train, indices);
      const vector = await this.#engine.gradient(samples, place, units, version.step);
      return { vector, samples: indices.length };
    }
    const { unitSamples } = batch;
    const start = this.#start!;
    const answer = await trainLocally({
      ...{ engine: this.#engine, strategy, start, run, unitSamples },
      stage: async (unit, step) => {
        const at = ((unit - run.first) * strategy.steps + step) * unitSamples;
        return this.#gather(train, indices.subarray(at, at + unitSamples));
      },
      wanted: () => true,
      stopAtMs: Number.POSITIVE_INFINITY,
      now: () => 0,
    });
    if (isFailure(answer)) throw new Error(answer.sentence);
    this.#engine.setParams(start.params, start.state);
    return answer;
  }

  /** It is done with a lease: the answer goes on its way, and it asks for the next. */
  #contribute(lease: Lease, vector: Float32Array, samples: number, tookMs: number): void {
    const volunteer = this.#volunteers.get(lease.volunteer);
    if (volunteer === undefined) return;
    const held = { ...lease, arrivedAtMs: lease.grantedAtMs };
    const frame = volunteer.contributions.frame({
      ...{ kind: 'train', lease: held, deviceMs: tookMs, samples, vector, began: lease.version },
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

  /** Samples as the model takes them: bytes scaled, classes as rows with one 1. */
  #gather({ inputs, targets }: Samples, indices: Uint32Array): SampleBatch {
    const { input, target } = this.#loaded.program.samples;
    if (target.kind !== 'class' || !target.oneHot) throw new Error('Only classes in rows are gathered here.');
    const size = input.shape.reduce((product, length) => product * length, 1);
    const classes = target.classes.length;
    const batch = {
      inputs: new Float32Array(indices.length * size),
      targets: new Float32Array(indices.length * classes),
      ids: indices,
    };
    for (const [i, index] of indices.entries()) {
      for (let j = 0; j < size; j++) batch.inputs[i * size + j] = inputs[index * size + j]! * input.scale;
      batch.targets[i * classes + targets[index]!] = 1;
    }
    return batch;
  }
}

/** What both sides of one process made must be readable. */
function good<Value>(value: Value | string): Value {
  if (typeof value === 'string') throw new Error(`The benchmark refused what it had made itself: ${value}.`);
  return value;
}
