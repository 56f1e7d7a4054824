/** Where sockets meet the host: welcomes browsers, numbers volunteers, and carries the host's messages to them. */

import type { ContributionShape, VolunteerId } from '@manyhands/core';
import { LIMITS, type Refusal } from '@manyhands/protocol';
import type { Catalog } from '../catalog.ts';
import type { FromHost, ToHost } from '../host/messages.ts';
import type { Metrics } from '../metrics.ts';
import { type Trust, visitorAddress } from '../trusted-proxies.ts';
import { Allowance } from './allowance.ts';
import type { Io, IoSocket } from './io.ts';
import { Lanes } from './lanes.ts';
import { type SessionContext, VolunteerSession } from './volunteer-session.ts';
import { Watchers } from './watchers.ts';

export interface GatewayOptions {
  readonly io: Io;
  readonly catalog: Catalog;
  readonly metrics: Metrics;
  readonly adminToken: string;
  /** The shape of the hosted job's contributions. */
  readonly shape: ContributionShape;
  readonly limits: GatewayLimits;
  readonly trust: Trust;
  send(message: ToHost, transfer?: readonly ArrayBuffer[]): void;
}

export type GatewayLimits = Readonly<
  Record<
    'volunteersPerJobMax' | 'socketsPerAddressMax' | 'messagesPerSecondMax' | 'refusalsPerVolunteerMax',
    number
  >
>;

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #lanes: Lanes;
  readonly #watchers: Watchers;
  readonly #sessions = new Map<VolunteerId, VolunteerSession>();
  readonly #socketsByAddress = new Map<string, number>();
  readonly #context: SessionContext;
  #nextVolunteer = 1;
  #stopping = false;

  constructor(options: GatewayOptions) {
    const { io, catalog, adminToken, send } = options;
    this.#options = options;
    this.#lanes = new Lanes(io);
    const onAdmins = (wanted: boolean) => send({ type: 'rows-wanted', wanted });
    this.#watchers = new Watchers({ io, catalog, adminToken, onAdmins });
    this.#context = this.#contextOfSessions();
    io.on('connection', (socket) => this.#welcome(socket));
  }

  /** Carries out what the host says, in order. */
  hear(message: FromHost): void {
    switch (message.type) {
      case 'published':
        return this.#lanes.broadcast(message.frame.buffer, (bytes) => this.#options.metrics.frameWent(bytes));
      case 'assign':
        return this.#sessions.get(message.volunteer)?.assign(message.message);
      case 'receipt':
        return this.#sessions.get(message.volunteer)?.receipt(message.message);
      case 'status':
        for (const { socket } of this.#sessions.values()) socket.emit('status', message.status);
        return;
      case 'live':
        return this.#watchers.live(message.live);
      case 'rows':
        return this.#watchers.rows(message.rows);
      case 'history':
        return this.#watchers.history(this.#options.catalog.currentId!, message.points);
      case 'failed':
        for (const { socket } of this.#sessions.values()) socket.emit('status', 'stopped');
        return;
      case 'disk-trouble':
      case 'closed':
        return;
    }
  }

  /** Nobody joins from here on, and everybody is told to come again later. */
  stop(): void {
    this.#stopping = true;
    for (const session of [...this.#sessions.values()]) session.dismiss('server-stopping');
  }

  #welcome(socket: IoSocket): void {
    const { limits, trust } = this.#options;
    const address = visitorAddress(socket.request, trust);
    const sockets = (this.#socketsByAddress.get(address) ?? 0) + 1;
    this.#socketsByAddress.set(address, sockets);
    socket.on('disconnect', () => this.#goodbye(address));

    const session = new VolunteerSession(socket, this.#context);
    if (sockets > limits.socketsPerAddressMax) return this.#turnAway(session, 'address-full');
    const allowance = new Allowance(limits.messagesPerSecondMax, performance.now());
    socket.use((_packet, next) => {
      if (allowance.take(performance.now())) next();
      else this.#turnAway(session, 'too-many-messages');
    });
    this.#watchers.welcome(socket);
  }

  #goodbye(address: string): void {
    const sockets = this.#socketsByAddress.get(address)! - 1;
    if (sockets === 0) this.#socketsByAddress.delete(address);
    else this.#socketsByAddress.set(address, sockets);
  }

  #turnAway(session: VolunteerSession, refusal: Refusal): void {
    this.#options.metrics.refused(refusal);
    session.dismiss(refusal);
  }

  #contextOfSessions(): SessionContext {
    const { catalog, limits, metrics, shape, send } = this.#options;
    const sessions = this.#sessions;
    const isStopping = () => this.#stopping;
    return {
      house: {
        catalog,
        volunteersMax: limits.volunteersPerJobMax,
        get volunteers() {
          return sessions.size;
        },
        get stopping() {
          return isStopping();
        },
      },
      shape,
      refusalsMax: limits.refusalsPerVolunteerMax,
      enter: (session) => {
        const volunteer = this.#nextVolunteer++ as VolunteerId;
        sessions.set(volunteer, session);
        return { volunteer, place: this.#lanes.enter(volunteer, session.socket) };
      },
      left: (volunteer) => void sessions.delete(volunteer),
      send,
      refused: (refusal) => metrics.refused(refusal),
      frameCame: (bytes) => metrics.frameCame(bytes),
    };
  }
}

export const GATEWAY_LIMITS: GatewayLimits = LIMITS;
