/** socket.io as this server uses it. */

import type { Server as HttpServer } from 'node:http';
import { LIMITS, SOCKET_PATH, type ToBrowser, type ToServer } from '@manyhands/protocol';
import { Server, type Socket } from 'socket.io';

export type Io = Server<ToServer, ToBrowser>;
export type IoSocket = Socket<ToServer, ToBrowser>;

export function createIo(http: HttpServer): Io {
  return new Server(http, {
    path: SOCKET_PATH,
    transports: ['websocket', 'polling'],
    serveClient: false,
    // A longer message ends the connection without a word, so this is above the longest frame that we refuse by name.
    maxHttpBufferSize: LIMITS.frameBytesMax + LIMITS.messageBytesMax,
    // Floats do not deflate: it costs 30 times the time and saves a few per cent.
    perMessageDeflate: false,
  });
}

/** Packets that wait for a slow connection. socket.io keeps the number to itself; 0 where it no longer says. */
export function packetsWaiting(socket: IoSocket): number {
  const { writeBuffer } = socket.conn as unknown as { readonly writeBuffer?: readonly unknown[] };
  return writeBuffer?.length ?? 0;
}
