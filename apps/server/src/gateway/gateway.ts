/** Where sockets meet the host: welcomes browsers, numbers volunteers, and carries the host's messages to them. */

import type { VolunteerId } from '@manyhands/core';
import type { StatusMessage } from '@manyhands/protocol';
import type { Catalog } from '../catalog.ts';
import type { FromHost, ToHost } from '../host/messages.ts';
import type { Metrics } from '../metrics.ts';
import type { Traffic } from '../traffic.ts';
import { type Trust, visitorAddress } from '../trusted-proxies.ts';
import { Broadcasts } from './broadcasts.ts';
import { type ContributionForm, contributionFrameBytes } from './contribution.ts';
import type { Io, IoSocket } from './io.ts';
import { PartialFrames } from './partial-frames.ts';
import { Visitor, type VisitorHouse } from './visitor.ts';
import { type SessionHouse, VolunteerSession } from './volunteer-session.ts';
import { Watchers } from './watchers.ts';

export interface GatewayOptions {
  readonly io: Io;
  readonly catalog: Catalog;
  readonly metrics: Metrics;
  readonly adminToken: string;
  /** Of the hosted job's contributions. */
  readonly form: ContributionForm;
  readonly traffic: Traffic;
  readonly limits: GatewayLimits;
  readonly trust: Trust;
  send(message: ToHost, transfer?: readonly ArrayBuffer[]): void;
}

export type GatewayLimits = Readonly<
  Record<
    | 'volunteersPerJobMax'
    | 'socketsPerAddressMax'
    | 'messagesPerSecondMax'
    | 'refusalsPerVolunteerMax'
    | 'partialFrameBytesMax'
    | 'sessionGraceMs'
    | 'pingMs'
    | 'pongMs',
    number
  >
>;

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #broadcasts: Broadcasts;
  readonly #watchers: Watchers;
  readonly #partialFrames: PartialFrames;
  readonly #sessions = new Map<VolunteerId, VolunteerSession>();
  readonly #sessionsByToken = new Map<string, VolunteerSession>();
  readonly #socketsByAddress = new Map<string, number>();
  readonly #visitorHouse: VisitorHouse;
  readonly #sessionHouse: SessionHouse;
  /** Version of the newest parameters. */
  #newest = '';
  #nextVolunteer = 1;
  #stopping = false;

  constructor(options: GatewayOptions) {
    const { io, catalog, adminToken, send } = options;
    this.#options = options;
    this.#broadcasts = new Broadcasts(io);
    const onAdmins = (wanted: boolean) => send({ type: 'rows-wanted', wanted });
    this.#watchers = new Watchers({ io, catalog, adminToken, onAdmins });
    const frameBytes = contributionFrameBytes(options.form);
    this.#partialFrames = new PartialFrames(frameBytes, options.limits.partialFrameBytesMax);
    this.#visitorHouse = this.#houseOfVisitors();
    this.#sessionHouse = this.#houseOfSessions();
    io.on('connection', (socket) => this.#welcome(socket));
  }

  /** Carries out what the host says, in order. */
  hear(message: FromHost): void {
    switch (message.type) {
      case 'published':
        this.#newest = message.version;
        return this.#broadcasts.send((message.update ?? message.frame).buffer, (bytes) =>
          this.#options.traffic.parametersWent(bytes),
        );
      case 'assign':
        return this.#sessions.get(message.volunteer)?.assign(message.message);
      case 'receipt':
        return this.#sessions.get(message.volunteer)?.receipt(message.message);
      case 'spare':
        return this.#partialFrames.reuse(message.buffer);
      case 'status':
        return this.#tellStatus(message.status);
      case 'serving':
        for (const { visitor } of this.#sessions.values()) visitor?.socket.emit('serving', message.device);
        return;
      case 'live':
        this.#partialFrames.sweep(
          (volunteer, lease) => this.#sessions.get(volunteer)?.isAwaited(lease) ?? false,
        );
        return this.#watchers.live(message.live.job.id);
      case 'rows':
        return this.#watchers.rows(message.rows);
      case 'history':
        return this.#watchers.history(this.#options.catalog.currentId!, message.points);
      case 'failed':
        return this.#tellStatus('stopped');
      case 'disk-trouble':
      case 'closed':
        return;
    }
  }

  /** Nobody joins from here on, and everybody is told to come again later. */
  stop(): void {
    this.#stopping = true;
    for (const session of [...this.#sessions.values()]) {
      if (session.visitor === undefined) session.leave();
      else session.visitor.dismiss('server-stopping');
    }
  }

  #tellStatus(status: StatusMessage): void {
    for (const { visitor } of this.#sessions.values()) visitor?.socket.emit('status', status);
  }

  #welcome(socket: IoSocket): void {
    const address = visitorAddress(socket.request, this.#options.trust);
    const release = this.#holdAddress(address);
    socket.on('disconnect', release);
    const visitor = new Visitor(socket, address, this.#visitorHouse);
    if (this.#socketsByAddress.get(address)! > this.#options.limits.socketsPerAddressMax)
      return visitor.dismiss('address-full');
    this.#watchers.welcome(socket);
  }

  #holdAddress(address: string): () => void {
    const count = (more: number) => {
      const sockets = (this.#socketsByAddress.get(address) ?? 0) + more;
      if (sockets === 0) this.#socketsByAddress.delete(address);
      else this.#socketsByAddress.set(address, sockets);
    };
    count(1);
    return () => count(-1);
  }

  #houseOfVisitors(): VisitorHouse {
    const { catalog, limits, metrics } = this.#options;
    const sessions = this.#sessions;
    const isStopping = () => this.#stopping;
    return {
      catalog,
      volunteersMax: limits.volunteersPerJobMax,
      get volunteers() {
        return sessions.size;
      },
      get stopping() {
        return isStopping();
      },
      messagesPerSecondMax: limits.messagesPerSecondMax,
      refusalsMax: limits.refusalsPerVolunteerMax,
      enter: (visitor, message) => {
        const volunteer = this.#nextVolunteer++ as VolunteerId;
        const session = new VolunteerSession(volunteer, message, visitor, this.#sessionHouse);
        sessions.set(volunteer, session);
        this.#sessionsByToken.set(session.token, session);
        return session;
      },
      sessionOf: (token) => this.#sessionsByToken.get(token),
      refused: (refusal) => metrics.refused(refusal),
    };
  }

  #houseOfSessions(): SessionHouse {
    const { limits, traffic, form, send } = this.#options;
    const newest = () => this.#newest;
    return {
      form,
      partialFrames: this.#partialFrames,
      graceMs: limits.sessionGraceMs,
      get newest() {
        return newest();
      },
      enter: ({ socket }) => this.#broadcasts.enter(socket),
      holdAddress: (address) => this.#holdAddress(address),
      left: ({ volunteer, token }) => {
        this.#sessions.delete(volunteer);
        this.#sessionsByToken.delete(token);
      },
      send,
      contributionCame: (bytes) => traffic.contributionCame(bytes),
      residualsWereLost: (count) => traffic.residualsWereLost(count),
    };
  }
}
