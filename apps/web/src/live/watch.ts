/**
 * A page's window on a running job: one socket, opened while a page looks, that keeps the last data when the server
 * goes silent and says so. What is on the screen is a function of the `Watching` value and nothing else.
 */

import type { JobLive, Refusal, ToBrowser, ToServer, VolunteerRow, WatchAnswer } from '@manyhands/protocol';
import { SOCKET_PATH } from '@manyhands/protocol';
import { io, type Socket } from 'socket.io-client';
import { createStore, type StoreApi } from 'zustand/vanilla';
import { extended, NO_HISTORY, type RunHistory } from './history.ts';

export type Contact =
  | { readonly at: 'connecting' }
  | { readonly at: 'live' }
  /** No word from the server, which is tried again; what is shown is as old as `sinceMs` (since 1970). */
  | { readonly at: 'offline'; readonly sinceMs: number; readonly why: string }
  | { readonly at: 'refused'; readonly refusal: Refusal; readonly sentence: string };

export interface Watching {
  readonly contact: Contact;
  readonly live: JobLive | undefined;
  readonly history: RunHistory;
  /** Sent only to an admin; undefined for everybody else. */
  readonly volunteers: readonly VolunteerRow[] | undefined;
  /** What became of the admin token. */
  readonly admin: 'none' | 'yes' | 'wrong';
}

const NOTHING_YET: Watching = {
  contact: { at: 'connecting' },
  live: undefined,
  history: NO_HISTORY,
  volunteers: undefined,
  admin: 'none',
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

  let again: ReturnType<typeof setTimeout> | undefined;
  const offline = (why: string) => {
    const { contact } = store.getState();
    if (contact.at === 'refused') return;
    const sinceMs = contact.at === 'offline' ? contact.sinceMs : Date.now();
    if (contact.at !== 'offline' || contact.why !== why)
      store.setState({ contact: { at: 'offline', sinceMs, why } });
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
      store.setState({ live: answer.live });
    } else if (answer.refusal === 'token-wrong' && withToken !== undefined) {
      ask(undefined);
    } else {
      const { refusal, sentence } = answer;
      store.setState({ contact: { at: 'refused', refusal, sentence } });
    }
  };

  socket.on('connect', () => ask(token));
  socket.on('connect_error', () => offline(SILENT));
  socket.on('dismissed', ({ sentence }) => offline(sentence));
  socket.on('disconnect', (reason) => {
    // socket.io comes back by itself unless it was sent away. Then the sentence is there already.
    if (reason !== 'io server disconnect') return offline(SILENT);
    again = setTimeout(() => socket.connect(), AGAIN_MS * (0.5 + Math.random()));
  });
  socket.on('live', (live) => store.setState({ live }));
  socket.on('history', (points) => store.setState(({ history }) => ({ history: extended(history, points) })));
  socket.on('volunteers', (volunteers) => store.setState({ volunteers }));
  return () => {
    clearTimeout(again);
    socket.disconnect();
  };
}

const SILENT = 'The server does not answer: it is asked again by itself.';

/** On average until a page that was sent away comes back; not all of a classroom at once. */
const AGAIN_MS = 4_000;
