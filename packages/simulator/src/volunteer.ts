/**
 * A volunteer of a world: joins, pulls, computes for as long as its speed says, answers, and repeats whatever may have
 * been lost. What it is like is drawn by `population.ts`; nothing here is random but the way it lies.
 */

import {
  type Lease,
  type LeaseId,
  type ParamsVersion,
  type Random,
  sameVersion,
  unreachable,
} from '@manyhands/core';
import { LIMITS } from '@manyhands/protocol';
import type { Bowl } from './bowl.ts';
import type { Model, ToServer, ToVolunteer } from './message.ts';
import type { Line, Pipe } from './network.ts';
import type { Timeline } from './timeline.ts';

/** What one volunteer is like. */
export interface Traits {
  /** Milliseconds for one unit. */
  readonly unitMs: number;
  readonly line: Line;
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
  /** A new connection to the server; what arrives on it goes to `receive`. */
  dial(line: Line, receive: (message: ToVolunteer) => void): Pipe<ToServer>;
}

export class Volunteer {
  readonly account: string;
  readonly traits: Traits;
  readonly #world: Surroundings;
  #send: Pipe<ToServer> | undefined;
  /** Rises with every connection: what belongs to an old one is no longer listened to. */
  #connection = 0;
  #joined = false;
  #heardAtMs = 0;
  #attempts = 0;
  #model: Model | undefined;
  readonly #leases: Lease[] = [];
  #working = false;
  #leasesBegun = 0;
  #asleepUntilMs = 0;

  constructor(account: string, traits: Traits, world: Surroundings) {
    this.account = account;
    this.traits = traits;
    this.#world = world;
  }

  get here(): boolean {
    return this.#send !== undefined;
  }

  arrive(): void {
    const connection = ++this.#connection;
    this.#joined = false;
    this.#working = false;
    this.#leases.length = 0;
    this.#heardAtMs = this.#world.timeline.nowMs;
    this.#send = this.#world.dial(this.traits.line, (message) =>
      this.#awake(connection, () => this.#receive(message)),
    );
    this.#send({ type: 'join', account: this.account });
    this.#beat(connection);
  }

  /** Goes away: `with-goodbye` as a closing tab does, or without a word, as a pulled plug does. */
  depart(how: 'with-goodbye' | 'silently'): void {
    if (how === 'with-goodbye') this.#send?.({ type: 'leave' });
    this.#connection++;
    this.#send = undefined;
    this.#model = undefined;
  }

  /** Nothing happens here until then; whatever arrives meanwhile is found on waking up. */
  sleepUntil(wakeAtMs: number): void {
    this.#asleepUntilMs = wakeAtMs;
  }

  /** Performs an act of this connection now, or when the sleep is over, or never when the connection is no more. */
  #awake(connection: number, act: () => void): void {
    if (connection !== this.#connection) return;
    if (this.#world.timeline.nowMs >= this.#asleepUntilMs) act();
    else this.#world.timeline.at(this.#asleepUntilMs, () => this.#awake(connection, act));
  }

  #later(delayMs: number, act: () => void): void {
    const connection = this.#connection;
    this.#world.timeline.after(delayMs, () => this.#awake(connection, act));
  }

  /** Repeats what may have been lost, and notices that nobody answers. */
  #beat(connection: number): void {
    this.#world.timeline.after(BEAT_MS, () =>
      this.#awake(connection, () => {
        if (this.#world.timeline.nowMs - this.#heardAtMs > SILENCE_MAX_MS) return this.#reconnect();
        if (!this.#joined) this.#send!({ type: 'join', account: this.account });
        else {
          this.#send!({ type: 'beat' });
          this.#pull();
        }
        if (this.#leases.length > 0 && !this.#working) this.#send!({ type: 'fetch' });
        this.#beat(connection);
      }),
    );
  }

  #reconnect(): void {
    this.depart('silently');
    const spread = 0.5 + this.#world.random.fraction();
    this.#later(spread * Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** this.#attempts++), () => this.arrive());
  }

  #receive(message: ToVolunteer): void {
    this.#heardAtMs = this.#world.timeline.nowMs;
    switch (message.type) {
      case 'joined':
        if (this.#joined) return;
        this.#joined = true;
        this.#attempts = 0;
        return this.#pull();
      case 'params':
        if (this.#model === undefined || isNewer(message.version, this.#model.version)) this.#model = message;
        return this.#work();
      case 'assign':
        if (this.#leases.some(({ id }) => id === message.lease.id)) return;
        this.#leases.push(message.lease);
        return this.#work();
      case 'receipt':
      case 'beat':
        return;
      case 'closed':
        return this.#reconnect();
      default:
        return unreachable(message);
    }
  }

  /** One lease to compute and one to go on with. */
  #pull(): void {
    for (let room = LIMITS.leasesPerVolunteerMax - this.#leases.length; room > 0; room--)
      this.#send!({ type: 'pull' });
  }

  #work(): void {
    if (this.#working) return;
    const [lease] = this.#leases;
    const model = this.#model;
    if (lease === undefined || model === undefined || isNewer(lease.version, model.version)) return;
    if (!sameVersion(lease.version, model.version)) {
      // Its round is over.
      this.#leases.shift();
      this.#send!({ type: 'release', lease: lease.id });
      this.#pull();
      return this.#work();
    }
    this.#working = true;
    this.#later(this.#computingMs(lease), () => {
      this.#working = false;
      this.#leases.shift();
      this.#answer(lease, model);
      this.#pull();
      this.#work();
    });
  }

  #computingMs(lease: Lease): number {
    const { unitMs, stall, slowdown } = this.traits;
    const begun = ++this.#leasesBegun;
    const stalling = stall !== undefined && begun % stall.everyLeases === 0 ? stall.factor : 1;
    const slowed = slowdown !== undefined && begun > slowdown.afterLeases ? slowdown.factor : 1;
    return lease.run.count * unitMs * stalling * slowed;
  }

  #answer(lease: Lease, model: Model): void {
    if (lease.kind === 'evaluate') {
      const sums = this.#world.bowl.evaluate(model, lease.run.first);
      this.#send!({ type: 'evaluated', lease: lease.id, ...sums });
      return;
    }
    const honest: Answer = {
      type: 'contribute',
      lease: lease.id,
      samples: lease.run.count * this.#world.unitSamples,
      vector: this.#world.bowl.sum(model, lease.run),
    };
    for (const answer of this.traits.lies ? this.#lie(honest) : [honest]) this.#send!(answer);
  }

  #lie(honest: Answer): Answer[] {
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
] as const;

const BEAT_MS = 10_000;
const SILENCE_MAX_MS = 25_000;
const BACKOFF_MS = 200;
const BACKOFF_MAX_MS = 5_000;

function isNewer(a: ParamsVersion, b: ParamsVersion): boolean {
  return a.incarnation === b.incarnation ? a.step > b.step : a.incarnation > b.incarnation;
}
