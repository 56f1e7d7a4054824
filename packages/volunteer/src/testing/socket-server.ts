/** A real socket.io server on a port of its own, for the real connection. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SOCKET_PATH } from '@manyhands/protocol';
import { Server } from 'socket.io';
import { socketConnection } from '../socket-connection.ts';
import { createInbox, type Heard, type ServerEnd, WELCOME } from './server-end.ts';

export async function createSocketServer(): Promise<ServerEnd> {
  const inbox = createInbox<Heard>();
  const http = createServer();
  const io = new Server(http, { path: SOCKET_PATH });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const server: ServerEnd = {
    joinAnswer: WELCOME,
    open: socketConnection(`http://127.0.0.1:${port}`),
    next: inbox.next,
    say: (name, message) => void io.emit(name, message),
    drop: () => void io.disconnectSockets(true),
    close: () => io.close(),
  };
  io.on('connection', (socket) => {
    socket.onAny((name: string, ...rest: unknown[]) => {
      const answer = rest.at(-1);
      const said = typeof answer === 'function' ? rest.slice(0, -1) : rest;
      inbox.put([name, ...said] as unknown as Heard);
      if (typeof answer !== 'function') return;
      if (name !== 'join') answer();
      else if (server.joinAnswer !== undefined) answer(server.joinAnswer);
    });
  });
  return server;
}
