/**
 * A page's window on a running job: one socket, opened while a page looks, that keeps the last data when the server
 * goes silent and says so. What is on the screen is a function of the `Watching` value and nothing else.
 */

import type { JobLive, ToBrowser, ToServer, VolunteerRow, WatchAnswer } from '@manyhands/protocol';
import { SOCKET_PATH } from '@manyhands/protocol';
import { io, type Socket } from 'socket.io-client';
import { createStore, type StoreApi } from 'zustand/vanilla';
import { extended, NO_HISTORY, type RunHistory } from './history.ts';

export type Contact =
  | { readonly at: 'connecting' }
  | { readonly at: 'live' }
  /** The server does not answer; what is shown is as old as `sinceMs` (since 1970). */
  | { readonly at: 'offline'; readonly sinceMs: number }
  | { readonly at: 'refused'; readonly sentence: string };

export interface Watching {
  readonly contact: Contact;
  readonly live: JobLive | undefined;
  readonly history: RunHistory;
  /** Sent only to an admin; undefined for everybody else. */
  readonly volunteers: readonly VolunteerRow[] | undefined;
  /** What became of the admin token. */
  readonly admin: 'none' | 'yes' | 'wrong';
  /** The last minutes of what the server says of itself, oldest first: the trends beside the numbers. */
  readonly trend: readonly TrendPoint[];
}

export interface TrendPoint {
  readonly atMs: number;
  readonly samplesPerSecond: number | null;
  readonly roundsPerMinute: number | null;
  readonly connected: number;
}

const TREND_EVERY_MS = 2_000;
const TREND_MAX = 90;

const NOTHING_YET: Watching = {
  contact: { at: 'connecting' },
  live: undefined,
  history: NO_HISTORY,
  volunteers: undefined,
  admin: 'none',
  trend: [],
};

/** What is known of a job before anything is. */
export function nothingYet(): StoreApi<Watching> {
  return createStore<Watching>(() => NOTHING_YET);
}

/** Keeps `store` true until the returned function is called. `token` asks for the table of volunteers. */
export function watch(store: StoreApi<Watching>, job: string, token: string | undefined): () => void {
  store.setState(NOTHING_YET, true);
  const socket: Socket<ToBrowser, ToServer> = io({
    path: SOCKET_PATH,
    transports: ['websocket', 'polling'],
    reconnectionDelayMax: 5_000,
  });

  const offline = () => {
    const { contact } = store.getState();
    if (contact.at !== 'offline' && contact.at !== 'refused') {
      store.setState({ contact: { at: 'offline', sinceMs: Date.now() } });
    }
  };
  const ask = (withToken: string | undefined) => {
    const historyFrom = store.getState().history.next;
    const message = { job, historyFrom, ...(withToken === undefined ? {} : { token: withToken }) };
    socket.emit('watch', message, (answer) => answered(answer, withToken));
  };
  const answered = (answer: WatchAnswer, withToken: string | undefined) => {
    if (answer.watching) {
      const wrong = token !== undefined && !answer.admin;
      store.setState({ contact: { at: 'live' }, admin: answer.admin ? 'yes' : wrong ? 'wrong' : 'none' });
      show(store, answer.live);
    } else if (answer.refusal === 'token-wrong' && withToken !== undefined) {
      ask(undefined);
    } else {
      store.setState({ contact: { at: 'refused', sentence: answer.sentence } });
    }
  };

  socket.on('connect', () => ask(token));
  socket.on('connect_error', offline);
  socket.on('disconnect', offline);
  socket.on('live', (live) => show(store, live));
  socket.on('history', (points) => store.setState(({ history }) => ({ history: extended(history, points) })));
  socket.on('volunteers', (volunteers) => store.setState({ volunteers }));
  return () => {
    socket.disconnect();
  };
}

function show(store: StoreApi<Watching>, live: JobLive): void {
  store.setState(({ trend }) => ({ live, trend: trended(trend, live, Date.now()) }));
}

function trended(trend: readonly TrendPoint[], { job }: JobLive, atMs: number): readonly TrendPoint[] {
  const last = trend.at(-1);
  if (last !== undefined && atMs - last.atMs < TREND_EVERY_MS) return trend;
  const { samplesPerSecond, roundsPerMinute } = job;
  const point = { atMs, samplesPerSecond, roundsPerMinute, connected: job.volunteers.connected };
  return [...trend, point].slice(-TREND_MAX);
}
