/**
 * A whole world in one thread: one server with the production coordinator, its disk, a network, a population, and
 * everything that goes wrong, all drawn from one seed. Nothing in it waits, so ten thousand volunteers are a loop; and
 * whatever happened in it happens again when the seed is given again.
 */

import {
  type Checkpoint,
  type CodecSpec,
  completeOptimizerSpec,
  createRandom,
  fingerprint,
  InvariantError,
  initialCheckpoint,
  isLossy,
  type Job,
  type Random,
  type Strategy,
} from '@manyhands/core';
import { Bowl } from './bowl.ts';
import { BrokenRule } from './checkers/checker.ts';
import { createCheckers } from './checkers/index.ts';
import { Disk } from './disk.ts';
import type { Faults } from './fault.ts';
import { createJob, initialParams } from './job.ts';
import { bytesOf, type ToServer, type ToVolunteer } from './message.ts';
import { type Line, Network } from './network.ts';
import type { Observation, Observer } from './observation.ts';
import { Oracle } from './oracle.ts';
import { createPopulation } from './population.ts';
import { type Port, Server } from './server.ts';
import { Store } from './store.ts';
import { type Tally, Tallying } from './tally.ts';
import { Timeline } from './timeline.ts';
import { type Connection, type Surroundings, type Traits, Volunteer } from './volunteer.ts';
import { Withholding } from './withholding.ts';

export interface WorldOptions {
  /** Decides everything that happens, and nothing of what comes out. */
  readonly seed: number;
  readonly job: Job;
  readonly faults: Faults;
  readonly population: readonly Traits[];
  /** When the server dies; drawn from the seed when not given and crashes are among the faults. */
  readonly crashesAtMs?: readonly number[];
  /** Is shown all that the checkers are shown. */
  readonly observe?: Observer;
}

export interface Outcome {
  readonly seed: number;
  /** The rule that was broken, where, and when; undefined when all held until the job was finished. */
  readonly broken: { readonly rule: string; readonly sentence: string; readonly atMs: number } | undefined;
  readonly virtualMs: number;
  /** Of the last parameters on the disk. */
  readonly fingerprint: string;
  readonly tally: Tally;
}

/** A world as it is asked for. */
export interface WorldRequest {
  readonly seed: number;
  readonly volunteers: number;
  readonly rounds: number;
  /** Units of a batch. */
  readonly units: number;
  readonly faults: Faults;
  /** Gradients travel in a codec that leaves most of them out, on lines that lose nothing while they live, as a socket's. */
  readonly lossy?: boolean;
  readonly strategy?: Strategy['kind'];
}

/** A world of so many volunteers, with a job that is the same for every seed but for what must not matter. */
export function createWorld(request: WorldRequest): WorldOptions {
  const { seed, volunteers, rounds, units, lossy = false, strategy = 'sync' } = request;
  const faults = lossy ? withoutThose(request.faults, NOT_OF_SOCKETS) : request.faults;
  const mayBeExact = !lossy && strategy === 'sync';
  const exact =
    mayBeExact && faults.has('exact') && createRandom(seed, EXACT_STREAM).fraction() < EXACT_SHARE;
  return {
    seed,
    faults,
    job: createJob({
      rounds,
      units,
      policies: createRandom(seed, POLICIES_STREAM),
      exact,
      codec: lossy ? SPARSE : FLOAT32,
      strategy: STRATEGIES[strategy],
    }),
    population: createPopulation(seed, volunteers, faults),
  };
}

/** Runs a world until its job is finished or a rule is broken. */
export function runWorld(options: WorldOptions): Outcome {
  const world = new World(options);
  try {
    world.run();
    return world.outcome(undefined);
  } catch (error) {
    if (error instanceof BrokenRule) return world.outcome({ rule: error.rule, sentence: error.message });
    if (error instanceof InvariantError) return world.outcome({ rule: 'assertion', sentence: error.message });
    // What nobody thought of must not hide its seed.
    if (error instanceof Error) return world.outcome({ rule: 'exception', sentence: placeAndMessage(error) });
    throw error;
  }
}

function withoutThose(faults: Faults, others: Faults): Faults {
  return new Set([...faults].filter((fault) => !others.has(fault)));
}

function placeAndMessage({ message, stack }: Error): string {
  return `${message} (${stack?.split('\n')[1]?.trim() ?? 'nobody knows where'})`;
}

class World implements Surroundings {
  readonly timeline = new Timeline();
  readonly random: Random;
  readonly bowl: Bowl;
  readonly unitSamples: number;
  readonly strategy: Strategy;
  readonly #options: WorldOptions;
  readonly #first: Checkpoint;
  readonly #network: Network;
  readonly #disk: Disk;
  readonly #store: Store;
  readonly #observers: readonly Observer[];
  readonly #tallying = new Tallying();
  readonly #volunteers: readonly Volunteer[];
  /** How many times rarer troubles are than in a small world. */
  readonly #calmness: number;
  /** Undefined while it is down. */
  #server: Server | undefined;

  constructor(options: WorldOptions) {
    const { seed, job, faults } = options;
    this.#options = options;
    this.random = createRandom(seed, WORLD_STREAM);
    this.bowl = new Bowl(job);
    this.unitSamples = job.batch.unitSamples;
    this.strategy = job.strategy;
    this.#network = new Network(this.timeline, this.random, faults);
    this.#disk = new Disk(this.timeline, this.random, faults);
    this.#store = new Store(this.#disk, VERSIONS_KEPT);
    const { params, state } = initialParams(job);
    this.#first = initialCheckpoint(job, params, state);
    this.#observers = [
      ...createCheckers(job, new Oracle(job, this.bowl, this.#first), faults),
      this.#tallying.observe,
      ...(options.observe === undefined ? [] : [options.observe]),
    ];
    this.#calmness = Math.max(1, Math.sqrt(options.population.length / CROWD));
    this.#volunteers = options.population.map(
      (traits, place) => new Volunteer(`account-${place}`, traits, this),
    );
  }

  run(): void {
    this.#start();
    for (const volunteer of this.#volunteers) {
      this.timeline.at(volunteer.traits.arrivesAtMs, () => volunteer.arrive());
    }
    this.#scheduleFaults();
    while (this.#server?.status !== 'finished') this.timeline.next();
    for (const volunteer of this.#volunteers) volunteer.showWithheld();
    this.#disk.cutPower();
    const found = this.#store.newestCheckpoint()?.checkpoint;
    this.#observe({ type: 'reopened', nowMs: this.timeline.nowMs, found, credit: this.#store.credit() });
  }

  outcome(broken: { readonly rule: string; readonly sentence: string } | undefined): Outcome {
    const { nowMs } = this.timeline;
    return {
      seed: this.#options.seed,
      broken: broken === undefined ? undefined : { ...broken, atMs: nowMs },
      virtualMs: nowMs,
      fingerprint: fingerprint((this.#store.newestCheckpoint()?.checkpoint ?? this.#first).params),
      tally: { ...this.#tallying.tally, overtaken: this.#network.overtaken },
    };
  }

  withholdingOf(account: string): Withholding | undefined {
    const { job } = this.#options;
    if (!isLossy(job.codec)) return undefined;
    return new Withholding(job, account, (seen) => this.#observe(seen));
  }

  dial(line: Line, receive: (message: ToVolunteer) => void): Connection {
    const port: Port = { state: 'dialled', send: this.#network.pipe<ToVolunteer>(line, bytesOf, receive) };
    return {
      send: this.#network.pipe<ToServer>(line, bytesOf, (message) => {
        if (this.#server === undefined) port.send({ type: 'closed' });
        else this.#server.receive(port, message);
      }),
      hangUp: () => this.timeline.after(line.latencyMs, () => this.#server?.lose(port)),
    };
  }

  #start(): void {
    this.#server = new Server(this.#options.job, this.#first, this.timeline, this.#store, (seen) =>
      this.#observe(seen),
    );
  }

  #observe(seen: Observation): void {
    for (const observer of this.#observers) observer(seen);
  }

  // — What goes wrong —

  #scheduleFaults(): void {
    const { faults, crashesAtMs } = this.#options;
    this.#superviseAfterwards();
    const others = this.#volunteers.slice(1);
    if (faults.has('churn')) for (const volunteer of others) this.#churn(volunteer);
    if (faults.has('sleep')) for (const volunteer of others) this.#doze(volunteer);
    if (faults.has('cut')) {
      for (const volunteer of this.#volunteers) this.#repeat(LINE_MS, () => volunteer.loseLine());
    }
    if (faults.has('partition')) this.#repeat(PARTITION_GAP_MS, () => this.#partition());
    if (faults.has('operator')) {
      for (const atMs of this.#draw(OPERATOR_GAP_MS)) this.timeline.at(atMs, () => this.#operate());
    }
    const crashes = crashesAtMs ?? (faults.has('crash') ? this.#draw(CRASH_GAP_MS) : []);
    for (const atMs of crashes) this.timeline.at(atMs, () => this.#crash());
    if (faults.has('drain')) {
      for (const atMs of this.#draw(DRAIN_GAP_MS)) this.timeline.at(atMs, () => this.#drain());
    }
  }

  /** Again and again, after gaps around `gapMs` in a small world. */
  #repeat(gapMs: number, act: () => void): void {
    this.timeline.after(this.#around(gapMs * this.#calmness), () => {
      act();
      this.#repeat(gapMs, act);
    });
  }

  #churn(volunteer: Volunteer): void {
    this.#repeat(VISIT_MS, () => {
      if (!volunteer.here) volunteer.arrive();
      else volunteer.depart(this.#pick(['with-goodbye', 'with-goodbye', 'hanging-up', 'silently']));
    });
  }

  #doze(volunteer: Volunteer): void {
    this.#repeat(AWAKE_MS, () => volunteer.sleepUntil(this.timeline.nowMs + this.#around(ASLEEP_MS)));
  }

  #partition(): void {
    const untilMs = this.timeline.nowMs + this.#around(PARTITION_MS);
    const share = this.random.fraction();
    for (const { traits } of this.#volunteers) {
      if (this.random.fraction() < share) traits.line.cutUntilMs = untilMs;
    }
  }

  #operate(): void {
    this.#server?.tell({ type: this.random.fraction() < 0.5 ? 'pause-asked' : 'stop-asked' });
  }

  /** Somebody looks at the dashboard now and then, and a job that neither runs nor has finished is told to go on. */
  #superviseAfterwards(): void {
    this.timeline.after(this.#around(SUPERVISION_MS), () => {
      const { status } = this.#server ?? {};
      if (status === 'paused' || status === 'stopped') this.#server?.tell({ type: 'resume-asked' });
      this.#superviseAfterwards();
    });
  }

  /** Some moments with gaps around `gapMs`. Few, for each can cost the round that is open, and a job needs its rounds. */
  #draw(gapMs: number): number[] {
    let atMs = 0;
    return Array.from({ length: STROKES }, () => {
      atMs += this.#around(gapMs);
      return atMs;
    });
  }

  #crash(): void {
    if (this.#server === undefined || this.#server.status === 'finished') return;
    this.#server.end('crashed');
    this.#disk.cutPower();
    const version = this.random.fraction() < ROT ? this.#disk.rot() : undefined;
    if (version !== undefined) this.#observe({ type: 'rotted', nowMs: this.timeline.nowMs, version });
    this.#restart();
  }

  /** The server is told to end, and does so when it has drained or after its patience. */
  #drain(): void {
    const server = this.#server;
    if (server === undefined) return;
    server.tell({ type: 'drain-asked' });
    const untilMs = this.timeline.nowMs + DRAIN_MAX_MS;
    const look = () => {
      if (server !== this.#server || server.status === 'finished') return;
      if (!server.drained && this.timeline.nowMs < untilMs) return this.timeline.after(DRAIN_LOOK_MS, look);
      server.end('ended');
      this.#disk.syncNow();
      this.#restart();
    };
    look();
  }

  #restart(): void {
    this.#server = undefined;
    this.timeline.after(this.#around(DOWN_MS), () => this.#start());
  }

  #pick<Choice>(choices: readonly Choice[]): Choice {
    return choices[this.random.below(choices.length)]!;
  }

  /** Exponential: at any moment it may be the next. */
  #around(meanMs: number): number {
    return -meanMs * Math.log(1 - this.random.fraction());
  }
}

/** Fewer than on a server: worlds are short, and credit of what goes must be seen to stay. */
const VERSIONS_KEPT = 8;

const FLOAT32: CodecSpec = { kind: 'float32' };
/** The volunteers of these worlds descend in a way of their own (`bowl.ts`): an inner optimizer is named for its form only. */
const STRATEGIES: { readonly [Kind in Strategy['kind']]: Extract<Strategy, { kind: Kind }> } = {
  sync: { kind: 'sync' },
  local: {
    kind: 'local',
    steps: 4,
    optimizer: completeOptimizerSpec({ kind: 'sgd', learningRate: 0.05 }),
  },
  async: { kind: 'async', stalenessMax: 3 },
};
/** Two of nine numbers are sent. */
const SPARSE: CodecSpec = { kind: 'top-k', kept: 2, bits: 4 };
/** Faults of datagrams: who does not hear of a receipt, and has no line that broke, cannot know. */
const NOT_OF_SOCKETS: Faults = new Set(['loss', 'duplicate', 'reorder', 'partition']);

const POLICIES_STREAM = 0x9011;
const EXACT_STREAM = 0xe8ac7;
/** Of the worlds in which a job may ask for one class of device at a time. */
const EXACT_SHARE = 0.5;
const WORLD_STREAM = 0x3041;
/**
 * In a small world troubles come thick, so that a few rounds see many of them meet. A larger crowd has more of them at once, and
 * each of its volunteers fewer: of ten thousand one stays for minutes, as visitors of a page do.
 */
const CROWD = 100;
const VISIT_MS = 20_000;
const AWAKE_MS = 60_000;
const ASLEEP_MS = 60_000;
const PARTITION_GAP_MS = 15_000;
const PARTITION_MS = 10_000;
const OPERATOR_GAP_MS = 20_000;
const SUPERVISION_MS = 5_000;
const CRASH_GAP_MS = 10_000;
const STROKES = 5;
const DOWN_MS = 1_500;
const LINE_MS = 15_000;
const DRAIN_GAP_MS = 10_000;
const DRAIN_MAX_MS = 8_000;
const DRAIN_LOOK_MS = 50;
const ROT = 0.4;
