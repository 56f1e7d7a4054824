/**
 * The server of a world: the shell round the production coordinator. It turns messages into events, carries effects
 * out in order, tells time, and can die at any moment, with which everything is lost that is not on the disk.
 */

import {
  type Checkpoint,
  type Coordinator,
  type CoordinatorView,
  createCoordinator,
  type DeviceClass,
  type Effect,
  type Event,
  type Job,
  type JobStatus,
  type LeaseId,
  underNewName,
  unreachable,
  type VolunteerId,
} from '@manyhands/core';
import { LIMITS } from '@manyhands/protocol';
import type { Model, SessionToken, ToServer, ToVolunteer } from './message.ts';
import type { Pipe } from './network.ts';
import type { Observer } from './observation.ts';
import type { Store } from './store.ts';
import type { Timeline } from './timeline.ts';

/** The server's end of one connection. A connection that was closed never opens again. */
export interface Port {
  readonly send: Pipe<ToVolunteer>;
  state: 'dialled' | 'closed' | Session;
}

/** One volunteer, from joining to leaving. It outlives its connection by the server's patience. */
interface Session {
  readonly volunteer: VolunteerId;
  readonly token: SessionToken;
  /** Undefined while its line is lost. */
  port: Port | undefined;
  /** On this line, or, where it is lost, on the one before. */
  heardAtMs: number;
  lostAtMs: number;
  refusals: number;
  /** Leases whose answers count. */
  readonly accepted: LeaseId[];
}

/** One life of a server, from start to death. */
export class Server {
  readonly #timeline: Timeline;
  readonly #store: Store;
  readonly #observe: Observer;
  readonly #coordinator: Coordinator;
  readonly #sessions = new Map<VolunteerId, Session>();
  readonly #tokens = new Map<SessionToken, Session>();
  /** When the leases of this round were sent: nobody can have computed for longer. */
  readonly #sentAtMs = new Map<LeaseId, number>();
  readonly #events: Event[] = [];
  /** What the coordinator shows of itself since its last turn; made once, and only when somebody looks. */
  #shown: CoordinatorView | undefined;
  #newest: Model;
  #status: JobStatus;
  #nextVolunteer = 1;
  #alive = true;
  #drained = false;

  /** Starts from what is on the disk, or from `first` when nothing is. */
  constructor(job: Job, first: Checkpoint, timeline: Timeline, store: Store, observe: Observer) {
    this.#timeline = timeline;
    this.#store = store;
    this.#observe = observe;
    const found = store.newestCheckpoint();
    const from = found === undefined ? first : underNewName(found);
    // The new incarnation is durable before anybody hears of it: otherwise a second crash would give its name again.
    store.saveCheckpointNow(from);
    const source = found?.checkpoint.version;
    observe({ type: 'started', nowMs: timeline.nowMs, from, source, credit: store.credit() });
    this.#coordinator = createCoordinator(job, from);
    this.#status = from.progress.status;
    this.#newest = { version: from.version, params: from.params.slice(), state: from.state.slice() };
    this.#every(TICK_MS, () => this.tell({ type: 'ticked' }));
    this.#every(ROLL_CALL_MS, () => this.#callRoll());
  }

  get status(): JobStatus {
    return this.#status;
  }

  /** It was told to drain, and no lease is live. */
  get drained(): boolean {
    return this.#drained;
  }

  /** It is no more, and every line to it is broken. */
  end(how: 'crashed' | 'ended'): void {
    this.#alive = false;
    this.#observe({ type: how, nowMs: this.#timeline.nowMs });
    for (const { port } of this.#sessions.values()) if (port !== undefined) port.state = 'closed';
  }

  receive(port: Port, message: ToServer): void {
    if (port.state === 'dialled' && this.#alive && message.type === 'join') return this.#join(port, message);
    if (typeof port.state === 'string') {
      // What a socket says by itself when nobody is there; a connection that was not joined yet is left to try again.
      if (port.state === 'closed' || !this.#alive) port.send({ type: 'closed' });
      return;
    }
    port.state.heardAtMs = this.#timeline.nowMs;
    this.#hear(port, port.state, message);
  }

  /** The line of this connection broke. */
  lose(port: Port): void {
    if (!this.#alive) return;
    if (typeof port.state === 'object') this.#lose(port.state);
    port.state = 'closed';
  }

  /** Queue first, act second: what effects lead to is told after all effects are carried out. */
  tell(event: Event): void {
    this.#events.push(event);
    if (this.#events.length > 1) return;
    while (this.#events.length > 0 && this.#alive) {
      this.#turn(this.#events[0]!);
      this.#events.shift();
    }
  }

  #turn(event: Event): void {
    const { nowMs } = this.#timeline;
    if (event.type === 'contribution-arrived') this.#observe({ type: 'answering', nowMs, event });
    const effects = this.#coordinator.step(event, nowMs);
    this.#shown = undefined;
    this.#observe({ type: 'told', nowMs, event, effects, view: this.#view });
    for (const effect of effects) this.#carryOut(effect);
  }

  readonly #view = () => {
    this.#shown ??= this.#coordinator.view();
    return this.#shown;
  };

  #join(port: Port, { account, device, token }: ToServer & { type: 'join' }): void {
    const known = token === undefined ? undefined : this.#tokens.get(token);
    const session = known ?? this.#open(account, device);
    this.#connect(session, port);
    port.send(welcome(session));
    port.send({ type: 'params', ...this.#newest });
  }

  #open(account: string, device: DeviceClass): Session {
    const volunteer = this.#nextVolunteer++ as VolunteerId;
    const token = `${this.#newest.version.incarnation}/${volunteer}`;
    const nowMs = this.#timeline.nowMs;
    const session: Session = {
      volunteer,
      token,
      port: undefined,
      heardAtMs: nowMs,
      lostAtMs: NEVER,
      refusals: 0,
      accepted: [],
    };
    this.#sessions.set(volunteer, session);
    this.#tokens.set(token, session);
    this.tell({ type: 'volunteer-joined', volunteer, account, device });
    return session;
  }

  /** Another line takes the place of the one that was lost, or is about to be. */
  #connect(session: Session, port: Port): void {
    if (session.port !== undefined) session.port.state = 'closed';
    session.port = port;
    session.heardAtMs = this.#timeline.nowMs;
    port.state = session;
    if (session.lostAtMs === NEVER) return;
    session.lostAtMs = NEVER;
    this.tell({ type: 'volunteer-returned', volunteer: session.volunteer });
  }

  #hear(port: Port, session: Session, message: ToServer): void {
    const { volunteer } = session;
    const { nowMs } = this.#timeline;
    switch (message.type) {
      case 'join':
        return port.send(welcome(session));
      case 'pull':
        return this.tell({ type: 'lease-pulled', volunteer });
      case 'contribute':
        return this.tell({
          type: 'contribution-arrived',
          volunteer,
          lease: message.lease,
          samples: message.samples,
          began: message.began,
          computeMs: Math.min(message.computeMs, nowMs - (this.#sentAtMs.get(message.lease) ?? nowMs)),
          // A frame is decoded into memory of its own; a message that arrives twice is two frames.
          vector: message.vector.slice(),
        });
      case 'evaluated':
        return this.tell({ ...message, type: 'evaluation-arrived', volunteer });
      case 'release':
        return this.tell({ type: 'lease-released', volunteer, lease: message.lease });
      case 'leave':
        return this.#close(session);
      case 'fetch':
        return port.send({ type: 'params', ...this.#newest });
      case 'beat':
        for (let room = message.room; room > 0; room--) this.tell({ type: 'lease-pulled', volunteer });
        return port.send({ type: 'beat' });
      default:
        return unreachable(message);
    }
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'publish': {
        const { version, params, state } = effect;
        this.#newest = { version, params, state };
        this.#sentAtMs.clear();
        const message: ToVolunteer = { type: 'params', ...this.#newest };
        for (const { port } of this.#sessions.values()) port?.send(message);
        return;
      }
      case 'assign':
        this.#sentAtMs.set(effect.lease.id, this.#timeline.nowMs);
        return this.#send(effect.lease.volunteer, { type: 'assign', lease: effect.lease });
      case 'accept':
        this.#sessions.get(effect.volunteer)?.accepted.push(effect.lease);
        return this.#send(effect.volunteer, { type: 'receipt', lease: effect.lease, accepted: true });
      case 'refuse':
        this.#send(effect.volunteer, { type: 'receipt', lease: effect.lease, accepted: false });
        return this.#countRefusal(effect.volunteer);
      case 'drained':
        this.#drained = true;
        return;
      case 'save': {
        const { version } = effect.checkpoint;
        return this.#store.saveCheckpoint(effect.checkpoint, (durable) =>
          this.tell({ type: durable ? 'checkpoint-durable' : 'checkpoint-failed', version }),
        );
      }
      case 'status':
        this.#status = effect.status;
        return;
      case 'serving':
      case 'record':
        return;
      default:
        return unreachable(effect);
    }
  }

  #send(volunteer: VolunteerId, message: ToVolunteer): void {
    this.#sessions.get(volunteer)?.port?.send(message);
  }

  #countRefusal(volunteer: VolunteerId): void {
    const session = this.#sessions.get(volunteer);
    if (session !== undefined && ++session.refusals >= LIMITS.refusalsPerVolunteerMax) this.#close(session);
  }

  /** Whose line is silent is lost, and whose line stays lost is gone. */
  #callRoll(): void {
    const { nowMs } = this.#timeline;
    for (const session of this.#sessions.values()) {
      if (session.lostAtMs !== NEVER) {
        if (nowMs - session.lostAtMs > GRACE_MS) this.#close(session);
      } else if (nowMs - session.heardAtMs > SILENCE_MAX_MS) this.#lose(session);
    }
  }

  #lose(session: Session): void {
    if (session.port !== undefined) this.#hangUp(session.port);
    session.port = undefined;
    session.lostAtMs = this.#timeline.nowMs;
    this.tell({ type: 'volunteer-lost', volunteer: session.volunteer });
  }

  #close(session: Session): void {
    const { volunteer, token, port } = session;
    if (port !== undefined) this.#hangUp(port);
    this.#sessions.delete(volunteer);
    this.#tokens.delete(token);
    this.tell({ type: 'volunteer-left', volunteer });
  }

  #hangUp(port: Port): void {
    port.state = 'closed';
    port.send({ type: 'closed' });
  }

  #every(periodMs: number, act: () => void): void {
    this.#timeline.after(periodMs, () => {
      if (!this.#alive) return;
      act();
      this.#every(periodMs, act);
    });
  }
}

function welcome({ token, accepted }: Session): ToVolunteer {
  return { type: 'joined', token, accepted: accepted.slice(-ACCEPTED_TOLD) };
}

/** As on a server. */
const ACCEPTED_TOLD = 16;
const TICK_MS = 100;

/** Whose line was silent for so long has lost it. */
const SILENCE_MAX_MS = 25_000;
const ROLL_CALL_MS = 5_000;
/** Whose line stays lost for so long is gone. */
const GRACE_MS = 30_000;
const NEVER = -1;
