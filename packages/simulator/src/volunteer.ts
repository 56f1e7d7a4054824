/**
 * A volunteer of a world: joins, pulls, computes for as long as its speed says, answers, and repeats whatever may have
 * been lost. A session outlives its line: when that breaks, work goes on, the volunteer comes back under its token, and
 * what was finished meanwhile is delivered. What it is like is drawn by `population.ts`; nothing here is random but the
 * way it lies.
 */

import {
  type DeviceClass,
  isNewer,
  isStale,
  type Lease,
  type LeaseId,
  type ParamsVersion,
  type Random,
  type Strategy,
  stalenessMaxOf,
  stepsOf,
  unreachable,
} from '@manyhands/core';
import { LIMITS } from '@manyhands/protocol';
import type { Bowl } from './bowl.ts';
import type { Model, SessionToken, ToServer, ToVolunteer } from './message.ts';
import type { Line, Pipe } from './network.ts';
import type { Timeline } from './timeline.ts';
import type { Withholding } from './withholding.ts';

/** What one volunteer is like. */
export interface Traits {
  /** Milliseconds for one unit. */
  readonly unitMs: number;
  readonly line: Line;
  readonly device: DeviceClass;
  /** Every so many leases one takes `factor` times as long. */
  readonly stall?: { readonly everyLeases: number; readonly factor: number };
  /** After so many leases every unit takes `factor` times as long: a laptop was unplugged. */
  readonly slowdown?: { readonly afterLeases: number; readonly factor: number };
  readonly lies: boolean;
  /** When it first comes. */
  readonly arrivesAtMs: number;
}

/** What a volunteer needs of the world round it. */
export interface Surroundings {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly bowl: Bowl;
  readonly unitSamples: number;
  readonly strategy: Strategy;
  /** What a volunteer of this account does not send; undefined where nothing is left out. */
  withholdingOf(account: string): Withholding | undefined;
  /** A new connection to the server; what arrives on it goes to `receive`. */
  dial(line: Line, receive: (message: ToVolunteer) => void): Connection;
}

export interface Connection {
  readonly send: Pipe<ToServer>;
  /** Breaks it; the server is told by its own system. */
  hangUp(): void;
}

export class Volunteer {
  readonly account: string;
  readonly traits: Traits;
  readonly #world: Surroundings;
  readonly #withholding: Withholding | undefined;
  #connection: Connection | undefined;
  /** Rises with every connection: what arrives on an old one is no longer listened to. */
  #connections = 0;
  /** Rises with every session: what was begun in an old one is no longer gone on with. */
  #sessions = 0;
  #token: SessionToken | undefined;
  #joined = false;
  #heardAtMs = 0;
  #attempts = 0;
  #model: Model | undefined;
  readonly #leases: Lease[] = [];
  /** What was to be said while nobody listened. */
  readonly #unsaid: ToServer[] = [];
  /** Lies that are told when their round is over. */
  readonly #heldBack: { readonly version: ParamsVersion; readonly answer: Answer }[] = [];
  #working = false;
  #leasesBegun = 0;
  #asleepUntilMs = 0;

  constructor(account: string, traits: Traits, world: Surroundings) {
    this.account = account;
    this.traits = traits;
    this.#world = world;
    this.#withholding = world.withholdingOf(account);
  }

  get here(): boolean {
    return this.#connection !== undefined;
  }

  arrive(): void {
    const connection = ++this.#connections;
    this.#joined = false;
    this.#heardAtMs = this.#world.timeline.nowMs;
    this.#connection = this.#world.dial(this.traits.line, (message) => {
      if (connection !== this.#connections) return;
      if (this.#world.timeline.nowMs >= this.#asleepUntilMs) this.#receive(message);
      else this.#whenAwake(() => connection === this.#connections && this.#receive(message));
    });
    this.#join();
    this.#beatAfterwards(connection);
  }

  /** Goes away for good: with a goodbye, with a closed line as a killed tab does, or as a pulled plug does. */
  depart(how: 'with-goodbye' | 'hanging-up' | 'silently'): void {
    if (how === 'with-goodbye') this.#connection?.send({ type: 'leave' });
    if (how === 'hanging-up') this.#connection?.hangUp();
    this.#disconnect();
    this.#forgetSession();
    if (how === 'silently') this.#withholding?.die();
    this.#model = undefined;
  }

  /** The line breaks, and both ends notice. */
  loseLine(): void {
    if (this.#connection === undefined) return;
    this.#connection.hangUp();
    this.#reconnect();
  }

  /** Nothing happens here until then; whatever arrives meanwhile is found on waking up. */
  sleepUntil(wakeAtMs: number): void {
    this.#asleepUntilMs = wakeAtMs;
  }

  /** Performs an act now, or when the sleep is over. */
  #whenAwake(act: () => void): void {
    if (this.#world.timeline.nowMs >= this.#asleepUntilMs) act();
    else this.#world.timeline.at(this.#asleepUntilMs, () => this.#whenAwake(act));
  }

  #beatAfterwards(connection: number): void {
    const { timeline } = this.#world;
    timeline.at(timeline.nowMs + BEAT_MS, this.#beat, connection);
  }

  /** Repeats what may have been lost, and notices that nobody answers. */
  readonly #beat = (connection: number): void => {
    if (connection !== this.#connections || this.#connection === undefined) return;
    const { timeline } = this.#world;
    if (timeline.nowMs < this.#asleepUntilMs) return timeline.at(this.#asleepUntilMs, this.#beat, connection);
    if (timeline.nowMs - this.#heardAtMs > SILENCE_MAX_MS) return this.#reconnect();
    if (!this.#joined) this.#join();
    else this.#connection.send({ type: 'beat', room: this.#room });
    if (this.#leases.length > 0 && !this.#working) this.#connection.send({ type: 'fetch' });
    this.#beatAfterwards(connection);
  };

  #join(): void {
    const { device } = this.traits;
    this.#connection!.send({ type: 'join', account: this.account, device, token: this.#token });
  }

  #disconnect(): void {
    this.#connections++;
    this.#connection = undefined;
    this.#joined = false;
  }

  #reconnect(): void {
    this.#disconnect();
    const connection = this.#connections;
    const spread = 0.5 + this.#world.random.fraction();
    const pauseMs = spread * Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** this.#attempts++);
    this.#world.timeline.after(pauseMs, () =>
      this.#whenAwake(() => {
        if (connection === this.#connections) this.arrive();
      }),
    );
  }

  /** The world is over. */
  showWithheld(): void {
    this.#withholding?.show();
  }

  #forgetSession(): void {
    this.#sessions++;
    this.#withholding?.disown();
    this.#token = undefined;
    this.#working = false;
    this.#leases.length = 0;
    this.#unsaid.length = 0;
    this.#heldBack.length = 0;
  }

  /** Under the old token what is held is still held; under a new one it is void. */
  #enter(token: SessionToken, accepted: readonly LeaseId[]): void {
    if (this.#joined) return;
    if (token !== this.#token) this.#forgetSession();
    const unsaid = this.#unsaid.flatMap((message) => (message.type === 'contribute' ? [message.lease] : []));
    this.#withholding?.resumed(accepted, unsaid);
    this.#token = token;
    this.#joined = true;
    this.#attempts = 0;
    for (const message of this.#unsaid.splice(0)) this.#connection!.send(message);
    this.#pull();
    this.#work();
  }

  /** Says it now, or when the line is back. */
  #say(message: ToServer): void {
    if (this.#joined) this.#connection!.send(message);
    else this.#unsaid.push(message);
  }

  #receive(message: ToVolunteer): void {
    this.#heardAtMs = this.#world.timeline.nowMs;
    switch (message.type) {
      case 'joined':
        return this.#enter(message.token, message.accepted);
      case 'params':
        if (this.#model === undefined || isNewer(message.version, this.#model.version)) this.#model = message;
        this.#tellHeldBack(message.version);
        return this.#work();
      case 'assign':
        if (this.#leases.some(({ id }) => id === message.lease.id)) return;
        this.#leases.push(message.lease);
        return this.#work();
      case 'receipt':
        return this.#withholding?.receipt(message.lease, message.accepted);
      case 'beat':
        return;
      case 'closed':
        return this.#reconnect();
      default:
        return unreachable(message);
    }
  }

  /** One lease to compute and one to go on with. */
  get #room(): number {
    return LIMITS.leasesPerVolunteerMax - this.#leases.length;
  }

  #pull(): void {
    if (!this.#joined) return;
    for (let room = this.#room; room > 0; room--) this.#connection!.send({ type: 'pull' });
  }

  #work(): void {
    if (this.#working) return;
    const [lease] = this.#leases;
    const model = this.#model;
    if (lease === undefined || model === undefined || isNewer(lease.version, model.version)) return;
    if (!this.#mayBegin(lease, model)) {
      // Its round is over, or too many have followed it.
      this.#leases.shift();
      this.#say({ type: 'release', lease: lease.id });
      this.#pull();
      return this.#work();
    }
    this.#working = true;
    const session = this.#sessions;
    const wholeMs = this.#computingMs(lease);
    const steps = this.#stepsWithin(lease, wholeMs);
    const computeMs = (wholeMs * steps) / stepsOf(this.#world.strategy);
    this.#world.timeline.after(computeMs, () =>
      this.#whenAwake(() => {
        if (session === this.#sessions) this.#finish(lease, model, steps, computeMs);
      }),
    );
  }

  #mayBegin({ kind, version }: Lease, model: Model): boolean {
    const stalenessMax = kind === 'train' ? stalenessMaxOf(this.#world.strategy) : 0;
    return !isStale(version, model.version, stalenessMax);
  }

  /** Who would be late takes fewer steps, where there are several. */
  #stepsWithin({ kind, deadlineMs, grantedAtMs }: Lease, wholeMs: number): number {
    const steps = kind === 'train' ? stepsOf(this.#world.strategy) : 1;
    const inTime = Math.floor((steps * STEPS_SHARE * (deadlineMs - grantedAtMs)) / wholeMs);
    return Math.max(1, Math.min(steps, inTime));
  }

  #finish(lease: Lease, model: Model, steps: number, computeMs: number): void {
    this.#working = false;
    this.#leases.shift();
    this.#answer(lease, model, steps, computeMs);
    this.#pull();
    this.#work();
  }

  #computingMs(lease: Lease): number {
    const { unitMs, stall, slowdown } = this.traits;
    const begun = ++this.#leasesBegun;
    const stalling = stall !== undefined && begun % stall.everyLeases === 0 ? stall.factor : 1;
    const slowed = slowdown !== undefined && begun > slowdown.afterLeases ? slowdown.factor : 1;
    return lease.run.count * unitMs * stalling * slowed;
  }

  #answer(lease: Lease, model: Model, steps: number, computeMs: number): void {
    if (lease.kind === 'evaluate') {
      const sums = this.#world.bowl.evaluate(model, lease.run.first);
      this.#say({ type: 'evaluated', lease: lease.id, ...sums });
      return;
    }
    const given = this.#world.bowl.sum(model, lease.run, steps);
    // A liar keeps no books.
    const withholding = this.traits.lies ? undefined : this.#withholding;
    const honest: Answer = {
      type: 'contribute',
      lease: lease.id,
      samples: lease.run.count * steps * this.#world.unitSamples,
      began: model.version,
      computeMs,
      vector: withholding?.answer(lease, given) ?? given,
    };
    for (const answer of this.traits.lies ? this.#lie(honest, lease) : [honest]) this.#say(answer);
  }

  /** A plausible lie must never be the first answer to its block, or it would count: nobody can tell it from the truth. */
  #tellHeldBack(newest: ParamsVersion): void {
    const due = this.#heldBack.filter(({ version }) => isNewer(newest, version));
    for (const lie of due) {
      this.#heldBack.splice(this.#heldBack.indexOf(lie), 1);
      this.#say(lie.answer);
    }
  }

  #lie(honest: Answer, { version }: Lease): Answer[] {
    const { random } = this.#world;
    const lie = LIES[random.below(LIES.length)]!;
    switch (lie) {
      case 'too-long':
        return [{ ...honest, vector: new Float32Array(honest.vector.length + 1) }];
      case 'too-short':
        return [{ ...honest, vector: honest.vector.subarray(1) }];
      case 'not-a-number':
        honest.vector[random.below(honest.vector.length)] = Number.NaN;
        return [honest];
      case 'infinite':
        honest.vector[random.below(honest.vector.length)] = Number.NEGATIVE_INFINITY;
        return [honest];
      case 'wrong-count':
        return [{ ...honest, samples: honest.samples + 1 }];
      case 'lease-of-another':
        // Not finite either, for by chance it may be a lease of its own, and a plausible answer to another block is no
        // mistake that a server could see.
        honest.vector.fill(Number.NaN);
        return [{ ...honest, lease: Math.max(0, honest.lease + random.below(9) - 4) as LeaseId }];
      case 'twice':
        return [honest, honest];
      case 'doubled-and-late':
        this.#heldBack.push({ version, answer: { ...honest, vector: honest.vector.map((x) => 2 * x) } });
        return [];
      default:
        return unreachable(lie);
    }
  }
}

type Answer = ToServer & { type: 'contribute' };

const LIES = [
  'too-long',
  'too-short',
  'not-a-number',
  'infinite',
  'wrong-count',
  'lease-of-another',
  'twice',
  'doubled-and-late',
] as const;

/** Of a lease's time, how much may go into its steps. */
const STEPS_SHARE = 0.75;
const BEAT_MS = 10_000;
const SILENCE_MAX_MS = 25_000;
const BACKOFF_MS = 200;
const BACKOFF_MAX_MS = 5_000;
