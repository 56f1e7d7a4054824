/**
 * The server of a world: the shell round the production coordinator. It turns messages into events, carries effects
 * out in order, tells time, and can die at any moment, with which everything is lost that is not on the disk.
 */

import {
  type Checkpoint,
  type Coordinator,
  createCoordinator,
  type Effect,
  type Event,
  type Job,
  type JobStatus,
  recovered,
  unreachable,
  type VolunteerId,
} from '@manyhands/core';
import { LIMITS } from '@manyhands/protocol';
import type { Disk } from './disk.ts';
import type { Model, ToServer, ToVolunteer } from './message.ts';
import type { Pipe } from './network.ts';
import type { Observer } from './observation.ts';
import type { Timeline } from './timeline.ts';

/** The server's end of one connection. A connection that was closed never opens again. */
export interface Port {
  readonly send: Pipe<ToVolunteer>;
  state: 'dialled' | 'closed' | Joined;
}

interface Joined {
  readonly volunteer: VolunteerId;
  heardAtMs: number;
  refusals: number;
}

/** One life of a server, from start to death. */
export class Server {
  readonly #timeline: Timeline;
  readonly #disk: Disk;
  readonly #observe: Observer;
  readonly #coordinator: Coordinator;
  readonly #ports = new Map<VolunteerId, Port>();
  readonly #events: Event[] = [];
  #newest: Model;
  #status: JobStatus;
  #nextVolunteer = 1;
  #alive = true;

  /** Starts from what is on the disk, or from `first` when nothing is. */
  constructor(job: Job, first: Checkpoint, timeline: Timeline, disk: Disk, observe: Observer) {
    this.#timeline = timeline;
    this.#disk = disk;
    this.#observe = observe;
    const found = disk.read();
    const from = found === undefined ? first : recovered(found);
    // The new incarnation is durable before anybody hears of it: otherwise a second crash would give its name again.
    disk.replace(from);
    observe({ type: 'started', nowMs: timeline.nowMs, from });
    this.#coordinator = createCoordinator(job, from);
    this.#status = from.progress.status;
    this.#newest = { version: from.version, params: from.params.slice(), state: from.state.slice() };
    this.#every(TICK_MS, () => this.tell({ type: 'ticked' }));
    this.#every(SILENCE_MAX_MS / 2, () => this.#dismissSilent());
  }

  get status(): JobStatus {
    return this.#status;
  }

  crash(): void {
    this.#alive = false;
    this.#disk.crash();
    this.#observe({ type: 'crashed', nowMs: this.#timeline.nowMs });
    for (const port of this.#ports.values()) port.state = 'closed';
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
    this.#observe({ type: 'telling', nowMs, event });
    const effects = this.#coordinator.step(event, nowMs);
    this.#observe({ type: 'told', nowMs, event, effects, view: () => this.#coordinator.view() });
    for (const effect of effects) this.#carryOut(effect);
  }

  #join(port: Port, { account }: ToServer & { type: 'join' }): void {
    const volunteer = this.#nextVolunteer++ as VolunteerId;
    port.state = { volunteer, heardAtMs: this.#timeline.nowMs, refusals: 0 };
    this.#ports.set(volunteer, port);
    this.tell({ type: 'volunteer-joined', volunteer, account, device: DEVICE });
    port.send({ type: 'joined' });
    port.send({ type: 'params', ...this.#newest });
  }

  #hear(port: Port, { volunteer }: Joined, message: ToServer): void {
    switch (message.type) {
      case 'join':
        return port.send({ type: 'joined' });
      case 'pull':
        return this.tell({ type: 'lease-pulled', volunteer });
      case 'contribute':
        return this.tell({
          type: 'contribution-arrived',
          volunteer,
          lease: message.lease,
          samples: message.samples,
          computeMs: 0,
          // A frame is decoded into memory of its own; a message that arrives twice is two frames.
          vector: message.vector.slice(),
        });
      case 'evaluated':
        return this.tell({ ...message, type: 'evaluation-arrived', volunteer });
      case 'release':
        return this.tell({ type: 'lease-released', volunteer, lease: message.lease });
      case 'leave':
        return this.#close(volunteer);
      case 'fetch':
        return port.send({ type: 'params', ...this.#newest });
      case 'beat':
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
        const message: ToVolunteer = { type: 'params', ...this.#newest };
        for (const port of this.#ports.values()) port.send(message);
        return;
      }
      case 'assign':
        return this.#ports.get(effect.lease.volunteer)?.send({ type: 'assign', lease: effect.lease });
      case 'accept':
        return this.#ports.get(effect.volunteer)?.send({ type: 'receipt', lease: effect.lease });
      case 'refuse':
        this.#ports.get(effect.volunteer)?.send({ type: 'receipt', lease: effect.lease });
        return this.#countRefusal(effect.volunteer);
      case 'drained':
        return;
      case 'save': {
        const { version } = effect.checkpoint;
        return this.#disk.write(effect.checkpoint, (durable) =>
          this.tell({ type: durable ? 'checkpoint-durable' : 'checkpoint-failed', version }),
        );
      }
      case 'status':
        this.#status = effect.status;
        return;
      case 'record':
        return;
      default:
        return unreachable(effect);
    }
  }

  #countRefusal(volunteer: VolunteerId): void {
    const port = this.#ports.get(volunteer);
    if (typeof port?.state !== 'object') return;
    if (++port.state.refusals >= LIMITS.refusalsPerVolunteerMax) this.#close(volunteer);
  }

  #dismissSilent(): void {
    for (const [volunteer, port] of this.#ports) {
      if (typeof port.state !== 'object') continue;
      if (this.#timeline.nowMs - port.state.heardAtMs > SILENCE_MAX_MS) this.#close(volunteer);
    }
  }

  #close(volunteer: VolunteerId): void {
    const port = this.#ports.get(volunteer);
    if (port === undefined) return;
    this.#ports.delete(volunteer);
    port.state = 'closed';
    port.send({ type: 'closed' });
    this.tell({ type: 'volunteer-left', volunteer });
  }

  #every(periodMs: number, act: () => void): void {
    this.#timeline.after(periodMs, () => {
      if (!this.#alive) return;
      act();
      this.#every(periodMs, act);
    });
  }
}

const TICK_MS = 100;

/** Who was not heard of for so long is gone. */
const SILENCE_MAX_MS = 25_000;

const DEVICE = { engine: 'bowl', backend: 'cpu', vendor: '', architecture: '' } as const;
