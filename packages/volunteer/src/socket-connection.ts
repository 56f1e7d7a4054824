/** The line as a socket.io connection: WebSocket first, and no reconnecting of its own, for the session decides that. */

import {
  type JoinMessage,
  LIMITS,
  SOCKET_PATH,
  type ToBrowser,
  type ToServer,
  Uploads,
} from '@manyhands/protocol';
import { io, type Socket } from 'socket.io-client';
import type { Connection, LineEvent, OpenConnection } from './connection.ts';
import { INCOMING, readJoinReply, readMessage, unreadable } from './incoming.ts';

/** `server` is an origin, such as `http://localhost:8080`. */
export function socketConnection(server: string): OpenConnection {
  return (hear) => openSocket(server, hear);
}

function openSocket(server: string, hearEvent: (event: LineEvent) => void): Connection {
  const socket: Socket<ToBrowser, ToServer> = io(server, {
    path: SOCKET_PATH,
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnection: false,
    forceNew: true,
    timeout: CONNECT_MS_MAX,
  });
  const uploads = new Uploads((message, bytes, acknowledged) =>
    socket.emit('chunk', message, bytes, () => open && acknowledged()),
  );
  let open = true;

  function hear(event: LineEvent): void {
    if (!open) return;
    if (event.type === 'disconnected') open = false;
    if (event.type === 'receipt-arrived') uploads.end(event.receipt.lease);
    hearEvent(event);
  }

  socket.on('connect', () => hear({ type: 'connected' }));
  socket.on('connect_error', () => {
    hear({ type: 'disconnected', why: `The server at ${server} does not answer.` });
    socket.disconnect();
  });
  socket.on('disconnect', () =>
    hear({ type: 'disconnected', why: 'The connection to the server was lost.' }),
  );
  for (const name of INCOMING) socket.on(name, (message: unknown) => hear(readMessage(name, message)));

  return {
    join(message: JoinMessage) {
      socket.timeout(ANSWER_MS_MAX).emit('join', message, (error: Error | null, answer: unknown) => {
        if (error === null) {
          const reply = readJoinReply(answer);
          return hear(reply === undefined ? unreadable('join') : { type: 'join-answered', reply });
        }
        hear({ type: 'disconnected', why: 'The server did not answer the request to join.' });
        socket.disconnect();
      });
    },
    pull: () => void socket.emit('pull'),
    contribute(lease, frame, from) {
      if (frame.byteLength > LIMITS.chunkBytes) uploads.add(lease, frame, from);
      else socket.emit('contribute', frame);
    },
    evaluated: (message) => void socket.emit('evaluated', message),
    subscribe: () => void socket.emit('subscribe'),
    measured: (message) => void socket.emit('measured', message),
    residual: (message) => void socket.emit('residual', message),
    release: (lease) => void socket.emit('release', { lease }),
    leave() {
      open = false;
      if (!socket.connected) {
        socket.disconnect();
        return Promise.resolve();
      }
      // Without an answer engine.io calls the line closed before its last words have left, and the worker may end with them unsaid.
      return new Promise((resolve) => {
        socket.timeout(GOODBYE_MS_MAX).emit('leave', () => {
          socket.disconnect();
          resolve();
        });
      });
    },
  };
}

const CONNECT_MS_MAX = 15_000;
const ANSWER_MS_MAX = 20_000;
const GOODBYE_MS_MAX = 1_000;
