/** The twin in memory of a server and its lines: as asynchronous as a socket, and in the same order. */

import { LIMITS, Uploads } from '@manyhands/protocol';
import type { Connection, LineEvent } from '../connection.ts';
import { INCOMING, readJoinReply, readMessage, unreadable } from '../incoming.ts';
import { createInbox, type Heard, type ServerEnd, WELCOME } from './server-end.ts';

export function createMemoryServer(): ServerEnd {
  const inbox = createInbox<Heard>();
  const lines = new Set<(event: LineEvent) => void>();
  const server: ServerEnd = {
    joinAnswer: WELCOME,
    open(hear) {
      const line = lineOf(
        server,
        inbox.put,
        (event) => deliver(event),
        () => lines.delete(deliver),
      );
      const deliver = (event: LineEvent) => {
        queueMicrotask(() => {
          if (event.type === 'receipt-arrived') line.uploads.end(event.receipt.lease);
          if (lines.has(deliver)) hear(event);
          if (event.type === 'disconnected') lines.delete(deliver);
        });
      };
      lines.add(deliver);
      deliver({ type: 'connected' });
      return line;
    },
    next: inbox.next,
    say(name, message) {
      const known = INCOMING.find((incoming) => incoming === name);
      if (known === undefined) return;
      for (const deliver of lines) deliver(readMessage(known, structuredClone(message)));
    },
    drop() {
      for (const deliver of lines)
        deliver({ type: 'disconnected', why: 'The connection to the server was lost.' });
    },
    async close() {
      lines.clear();
    },
  };
  return server;
}

function lineOf(
  server: ServerEnd,
  put: (heard: Heard) => void,
  deliver: (event: LineEvent) => void,
  close: () => void,
): Connection & { readonly uploads: Uploads } {
  let left = false;
  const send = (...heard: Heard) => {
    if (!left) put(heard);
  };
  const uploads = new Uploads((message, bytes, acknowledged) => {
    send('chunk', message, bytes);
    queueMicrotask(acknowledged);
  });
  return {
    uploads,
    join(message) {
      send('join', message);
      if (server.joinAnswer === undefined) return;
      const reply = readJoinReply(server.joinAnswer);
      deliver(reply === undefined ? unreadable('join') : { type: 'join-answered', reply });
    },
    pull: () => send('pull'),
    contribute(lease, frame, from) {
      if (frame.byteLength > LIMITS.chunkBytes) uploads.add(lease, frame, from);
      else send('contribute', frame);
    },
    evaluated: (message) => send('evaluated', message),
    subscribe: () => send('subscribe'),
    measured: (message) => send('measured', message),
    residual: (message) => send('residual', message),
    release: (lease) => send('release', { lease }),
    async leave() {
      send('leave');
      left = true;
      close();
    },
  };
}
