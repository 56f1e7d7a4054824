/** Those who only look: pages that show a run as it goes, and the admin's table of volunteers. */

import {
  type HistoryPoint,
  REFUSAL_SENTENCE,
  type Refusal,
  type VolunteerRow,
  type WatchAnswer,
  WatchMessageSchema,
} from '@manyhands/protocol';
import { sameToken } from '../admin-token.ts';
import type { Catalog } from '../catalog.ts';
import type { Io, IoSocket } from './io.ts';

export interface WatchersOptions {
  readonly io: Io;
  readonly catalog: Catalog;
  readonly adminToken: string;
  /** Called when the first admin comes and when the last one goes. */
  onAdmins(present: boolean): void;
}

export class Watchers {
  readonly #options: WatchersOptions;
  readonly #admins = new Set<string>();

  constructor(options: WatchersOptions) {
    this.#options = options;
  }

  welcome(socket: IoSocket): void {
    socket.on('watch', (message, answer) => {
      if (typeof answer === 'function') answer(this.#watch(socket, message));
    });
    socket.on('disconnect', () => this.#forget(socket));
  }

  /** Everybody who watches this job sees where it stands. */
  live(job: string): void {
    const live = this.#options.catalog.live(job);
    if (live !== undefined) this.#options.io.to(liveRoom(job)).emit('live', live);
  }

  history(job: string, points: readonly HistoryPoint[]): void {
    this.#options.io.to(historyRoom(job)).emit('history', points);
  }

  rows(rows: readonly VolunteerRow[]): void {
    this.#options.io.to(ADMIN_ROOM).emit('volunteers', rows);
  }

  #watch(socket: IoSocket, message: unknown): WatchAnswer {
    const parsed = WatchMessageSchema.safeParse(message);
    if (!parsed.success) return refused('message-malformed');
    const { job, token, historyFrom } = parsed.data;
    const live = this.#options.catalog.live(job);
    if (live === undefined) return refused('job-unknown');
    if (token !== undefined && !sameToken(token, this.#options.adminToken)) return refused('token-wrong');
    this.#forget(socket);
    void socket.join(liveRoom(job));
    const admin = token !== undefined;
    if (admin) this.#addAdmin(socket);
    // After the answer, which goes out when this returns.
    setImmediate(() => this.#catchUp(socket, job, historyFrom ?? Number.POSITIVE_INFINITY));
    return { watching: true, live, admin };
  }

  /** Old history page by page, a page a turn; who has all of it gets what is new together with everybody. */
  #catchUp(socket: IoSocket, job: string, from: number): void {
    if (!socket.rooms.has(liveRoom(job))) return;
    const page = Number.isFinite(from) ? this.#options.catalog.history(job, from, PAGE_POINTS) : [];
    if (page.length > 0) socket.emit('history', page);
    if (page.length === PAGE_POINTS) setImmediate(() => this.#catchUp(socket, job, page.at(-1)!.index + 1));
    else void socket.join(historyRoom(job));
  }

  #addAdmin(socket: IoSocket): void {
    void socket.join(ADMIN_ROOM);
    this.#admins.add(socket.id);
    if (this.#admins.size === 1) this.#options.onAdmins(true);
  }

  #forget(socket: IoSocket): void {
    for (const room of socket.rooms) if (room.startsWith(ROOM)) void socket.leave(room);
    if (this.#admins.delete(socket.id) && this.#admins.size === 0) this.#options.onAdmins(false);
  }
}

const ROOM = 'watch ';
const ADMIN_ROOM = `${ROOM}admin`;
const PAGE_POINTS = 1_000;

const liveRoom = (job: string) => `${ROOM}live ${job}`;
const historyRoom = (job: string) => `${ROOM}history ${job}`;

function refused(refusal: Refusal): WatchAnswer {
  return { watching: false, refusal, sentence: REFUSAL_SENTENCE[refusal] };
}
