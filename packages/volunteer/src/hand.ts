/**
 * One hand of many: session, line, workshop and tally wired together. The only loop: what happens is queued, the session
 * says what follows, and that is done in order. It knows no worker and no page, so it runs in Node.js as well.
 */

import type { EngineName, EngineSpeed } from '@manyhands/compute';
import {
  type DeviceClass,
  FIRST_VERSION,
  isNewer,
  type ParamsVersion,
  sameVersion,
  stalenessMaxOf,
  unreachable,
} from '@manyhands/core';
import { type EvaluatedMessage, type Frame, LIMITS, PROTOCOL_VERSION } from '@manyhands/protocol';
import type { Answer } from './answer.ts';
import type { Connection, LineEvent, OpenConnection } from './connection.ts';
import { hasDrifted } from './drifted.ts';
import type { Effect } from './effect.ts';
import type { Event } from './event.ts';
import { isFailure } from './failure.ts';
import type { Conditions } from './governor.ts';
import type { VolunteerMirror } from './mirror.ts';
import type { Parameters } from './parameters.ts';
import { phaseOf, wakeAtMs } from './phase.ts';
import {
  type HeldLease,
  hasEnded,
  isWanted,
  openSession,
  type Session,
  step,
  unansweredOf,
} from './session.ts';
import { speedMessage } from './speeds.ts';
import { EMPTY_TALLY, samplesPerSecond, tallyAccepted, tallyWork } from './tally.ts';
import { type EngineSearch, Workshop, type WorkshopPorts } from './workshop.ts';

interface HandOptions {
  /** Origin of the server. */
  readonly server: string;
  readonly job: string;
  /** 128 random bits in hex. */
  readonly account: string;
  readonly conditions: Conditions;
}

interface HandPorts extends WorkshopPorts {
  readonly openConnection: OpenConnection;
  readonly search: EngineSearch;
  /** In [0, 1). */
  readonly random: () => number;
  /** Rings once after `delayMs`; returns what prevents it. */
  readonly setAlarm: (delayMs: number, ring: () => void) => () => void;
  /** Called after every change. */
  readonly onChange: () => void;
}

interface KeptAnswer {
  readonly message: Uint8Array<ArrayBuffer> | EvaluatedMessage;
  readonly samples: number;
}

export class Hand {
  readonly #options: HandOptions;
  readonly #ports: HandPorts;
  readonly #workshop: Workshop;
  readonly #queue: Event[] = [];
  #session: Session;
  #line: Connection | undefined;
  /** Answers that lie ready or are on their way, by lease; those to train as frames. */
  readonly #answers = new Map<number, KeptAnswer>();
  /** What was measured here and not told to the server yet. */
  readonly #untold: EngineSpeed[] = [];
  #tally = EMPTY_TALLY;
  #draining = false;
  #silence: () => void = () => {};
  #goodbye: Promise<void> = Promise.resolve();
  #putAway: Promise<void> | undefined;
  #retire: () => void = () => {};

  /** Resolves when the visit is over. */
  readonly over: Promise<void>;
  /** Resolves when after that the goodbye is sent and the device is free. */
  readonly retired: Promise<void>;

  constructor(options: HandOptions, ports: HandPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#session = openSession(options.conditions);
    this.#workshop = new Workshop(options.server, options.job, ports, ports.search, {
      lost: (sentence) => this.tell({ type: 'device-lost', sentence }),
      measured: (speed) => void this.#untold.push(speed),
    });
    this.over = new Promise((resolve) => {
      this.#retire = resolve;
    });
    this.retired = this.over.then(async () => {
      await this.#goodbye;
      await this.#putAway;
      await this.#workshop.retire();
    });
  }

  mirror(): VolunteerMirror {
    const nowMs = this.#ports.now();
    const { life, equipment, conditions } = this.#session;
    return {
      phase: phaseOf(this.#session, nowMs),
      intensity: conditions.intensity,
      device: 'device' in equipment ? equipment.device : undefined,
      deviceNote: this.#workshop.note,
      engineNote: this.#workshop.engineNote,
      volunteer: life.at === 'joined' ? life.volunteer : undefined,
      samplesPerSecond: samplesPerSecond(this.#tally, nowMs),
      given: this.#tally.given,
    };
  }

  /** The page is about to go, and this worker with it. */
  rest(): void {
    void this.#workshop.contributions?.rest();
  }

  /** Queue first, act second: an effect may bring about another event at once. */
  tell(event: Event): void {
    this.#queue.push(event);
    if (this.#draining) return;
    this.#draining = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#take(next);
    this.#draining = false;
    this.#tellMeasured();
    this.#restWhenIdle();
    this.#setAlarm();
    this.#ports.onChange();
  }

  #take(event: Event): void {
    const turn = step(this.#session, event, this.#ports.now(), this.#ports.random());
    this.#session = turn.session;
    for (const effect of turn.effects) this.#perform(effect);
    const kept = new Set(unansweredOf(this.#session).map(({ id }) => id));
    for (const lease of this.#answers.keys()) if (!kept.has(lease)) this.#forget(lease);
    if (this.#session.life.at === 'joined') this.#workshop.expect(this.#session.life.leases);
  }

  #forget(lease: number): void {
    this.#answers.delete(lease);
    this.#workshop.contributions?.forgotten(lease);
  }

  #setAlarm(): void {
    this.#silence();
    const nowMs = this.#ports.now();
    const delayMs = wakeAtMs(this.#session, nowMs) - nowMs;
    if (!Number.isFinite(delayMs) || hasEnded(this.#session.life)) return;
    this.#silence = this.#ports.setAlarm(Math.max(0, delayMs), () => this.tell({ type: 'ticked' }));
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'connect':
        return this.#connect();
      case 'leave':
        this.#goodbye = this.#line?.leave() ?? this.#goodbye;
        this.#line = undefined;
        return;
      case 'prepare':
        return void this.#prepare(effect.ticket);
      case 'join':
        return this.#join(effect.device, effect.resume);
      case 'pull':
        return this.#line?.pull();
      case 'release':
        return this.#line?.release(effect.lease);
      case 'subscribe':
        return this.#line?.subscribe();
      case 'fetch-params':
        return void this.#fetchParams(effect.version, effect.from);
      case 'compute':
        return void this.#compute(effect.lease);
      case 'audition':
        return void this.#audition(effect.engine);
      case 'send':
        return this.#send(effect.lease, effect.from);
      case 'send-late':
        return this.#sendLate(effect.lease);
      case 'credit':
        return this.#credit(effect.lease);
      case 'retire':
        this.#putAway = this.#end();
        return this.#retire();
      default:
        return unreachable(effect);
    }
  }

  #connect(): void {
    let heard = (_event: LineEvent) => {};
    const line = this.#ports.openConnection((event) => heard(event));
    this.#line = line;
    // What a line that was left still says is not for us.
    heard = (event) => {
      if (this.#line === line) this.#hear(event);
    };
  }

  #hear(event: LineEvent): void {
    if (event.type === 'disconnected') this.#line = undefined;
    if (event.type !== 'frame-arrived') return this.tell(event);
    if (event.frame.kind === 'update') return this.#updated(event.frame);
    const parameters = this.#workshop.readFrame(event.frame);
    if (isFailure(parameters)) this.tell({ type: 'malformed', sentence: parameters.sentence });
    else this.#arrived(parameters, {});
  }

  #updated(frame: Frame): void {
    const flaw = this.#workshop.keepUpdate(frame);
    if (flaw !== undefined) return this.tell({ type: 'malformed', sentence: flaw.sentence });
    this.#follow();
  }

  /** Parameters of an earlier line lead nowhere: the server may have begun another run since. */
  #follow(): void {
    const { life } = this.#session;
    if (life.at !== 'joined' || life.held === undefined) return;
    const reached = this.#workshop.follow();
    if (reached === undefined) return;
    if (hasDrifted(reached)) return this.tell({ type: 'params-drifted', newest: reached.drifted });
    if (isFailure(reached)) return this.tell({ type: 'malformed', sentence: reached.sentence });
    this.tell({ type: 'params-arrived', version: reached });
  }

  /** Older parameters than those held would only push newer ones out. */
  #arrived(parameters: Parameters, how: { readonly downloadMs?: number }): void {
    const { life } = this.#session;
    if (life.at !== 'joined') return;
    const { version } = parameters;
    if (life.held === undefined || isNewer(version, life.held)) this.#workshop.hold(parameters);
    this.tell({ type: 'params-arrived', version, ...how });
    this.#follow();
  }

  async #prepare(ticket: number): Promise<void> {
    const device = await this.#workshop.prepare((what, done, total) =>
      this.tell({ type: 'preparation-moved', ticket, what, done, total }),
    );
    if (isFailure(device)) this.tell({ type: 'not-equipped', ticket, failure: device });
    else {
      const stalenessMax = stalenessMaxOf(this.#workshop.strategy);
      this.tell({ type: 'equipped', ticket, device: clipped(device), stalenessMax });
    }
  }

  #join(device: DeviceClass, resume: string | undefined): void {
    const { job, account } = this.#options;
    const { layoutHash } = this.#workshop.program!;
    this.#line?.join({
      ...{ protocol: PROTOCOL_VERSION, job, layoutHash, device, account },
      ...(resume === undefined ? {} : { resume }),
    });
  }

  async #fetchParams(version: ParamsVersion, from: ParamsVersion | undefined): Promise<void> {
    const drawn = sameVersion(version, FIRST_VERSION) ? this.#workshop.draw() : undefined;
    // Nothing was downloaded, and so nothing is known of the line.
    if (drawn !== undefined) return this.#arrived(drawn, {});
    const line = this.#line;
    const startedMs = this.#ports.now();
    const parameters = await this.#workshop.fetchParameters(version, from);
    // Another line may be to another run, whose versions have the same names.
    if (this.#line !== line) return;
    if (isFailure(parameters)) this.tell({ type: 'params-failed', version, failure: parameters });
    else this.#arrived(parameters, { downloadMs: this.#ports.now() - startedMs });
  }

  async #compute(lease: HeldLease): Promise<void> {
    if (lease.kind === 'train' && !lease.backup) void this.#workshop.contributions!.begin();
    const answer = await this.#workshop.compute(lease, () =>
      isWanted(this.#session, lease, this.#ports.now()),
    );
    if (answer === undefined) return;
    if (isFailure(answer)) return this.tell({ type: 'not-computed', lease: lease.id, failure: answer });
    const nowMs = this.#ports.now();
    const { samples } = answer;
    const message =
      answer.kind === 'train' ? this.#workshop.contributions!.frame(answer) : evaluatedOf(answer);
    this.#answers.set(lease.id, { message, samples });
    this.#tally = tallyWork(this.#tally, samples, nowMs - answer.deviceMs, nowMs);
    this.tell({ type: 'computed', lease: lease.id, deviceMs: answer.deviceMs });
    const wish = this.#workshop.advised();
    if (wish !== undefined) this.tell({ type: 'engine-wished', engine: wish });
  }

  async #audition(engine: EngineName): Promise<void> {
    const startedMs = this.#ports.now();
    const device = await this.#workshop.audition(engine);
    if (device === undefined) return;
    this.tell({ type: 'auditioned', device, spentMs: this.#ports.now() - startedMs });
  }

  /** Never just before a goodbye, which the server may read first: so what was measured is told by who stays. */
  #tellMeasured(): void {
    if (this.#session.life.at !== 'joined') return;
    for (const speed of this.#untold.splice(0)) this.#line?.measured(speedMessage(speed));
    const lost = this.#workshop.contributions?.takeLosses() ?? 0;
    if (lost > 0) this.#line?.residual({ lost: Math.min(lost, LIMITS.residualsLostMax) });
  }

  /** A rest that lasts may last for ever: browsers end tabs that do nothing without a word. */
  #restWhenIdle(): void {
    const phase = phaseOf(this.#session, this.#ports.now());
    if (phase.at !== 'resting' || phase.why === 'intensity') return;
    if (this.#workshop.contributions?.areUnderWay === false) this.rest();
  }

  async #end(): Promise<void> {
    const { life } = this.#session;
    if (life.at === 'over' && life.status === 'finished') await this.#workshop.contributions?.end();
    else await this.#workshop.contributions?.rest();
  }

  #send({ id }: HeldLease, from: number): void {
    const { message } = this.#answers.get(id)!;
    if (message instanceof Uint8Array) this.#line?.contribute(id, message, from);
    else this.#line?.evaluated(message);
  }

  /** For a comparison. */
  #sendLate(lease: HeldLease): void {
    if (!this.#workshop.areComparable) return;
    const { message } = this.#answers.get(lease.id)!;
    const fits = !(message instanceof Uint8Array) || message.byteLength <= LIMITS.chunkBytes;
    if (fits) this.#send(lease, 0);
  }

  #credit(lease: HeldLease): void {
    this.#workshop.contributions!.accepted(lease.id);
    const { samples } = this.#answers.get(lease.id)!;
    this.#tally = tallyAccepted(this.#tally, lease, samples);
  }
}

function evaluatedOf({ lease, sums }: Extract<Answer, { kind: 'evaluate' }>): EvaluatedMessage {
  return { lease: lease.id, ...sums };
}

/** A browser may name its adapter at greater length than the protocol takes, and the server knows it by what it was told. */
function clipped(device: DeviceClass): DeviceClass {
  const clip = (name: string) => name.slice(0, LIMITS.nameCharactersMax);
  return { ...device, vendor: clip(device.vendor), architecture: clip(device.architecture) };
}
