/** socket.io as this server uses it. */

import type { EventEmitter } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { LIMITS, SOCKET_PATH, type ToBrowser, type ToServer } from '@manyhands/protocol';
import { Server, type Socket } from 'socket.io';

export type Io = Server<ToServer, ToBrowser>;
export type IoSocket = Socket<ToServer, ToBrowser>;

export interface Pings {
  readonly pingMs: number;
  readonly pongMs: number;
}

export function createIo(http: HttpServer, { pingMs, pongMs }: Pings = LIMITS): Io {
  return new Server(http, {
    path: SOCKET_PATH,
    transports: ['websocket', 'polling'],
    serveClient: false,
    maxHttpBufferSize: LIMITS.messageBytesReadMax,
    ...{ pingInterval: pingMs, pingTimeout: pongMs },
    // Floats do not deflate: it costs 30 times the time and saves a few per cent.
    perMessageDeflate: false,
  });
}

/** The connections that became lines, for as long as they are open. Must be asked for before the first comes. */
export function openLines(http: HttpServer): ReadonlySet<Duplex> {
  const lines = new Set<Duplex>();
  http.on('upgrade', (_request, line: Duplex) => {
    lines.add(line);
    line.once('close', () => lines.delete(line));
  });
  return lines;
}

/** Says goodbye on every line and ends; for a line that does not answer the goodbye nobody waits. */
export async function closeIo(io: Io, lines: ReadonlySet<Duplex>): Promise<void> {
  const patience = setTimeout(() => {
    for (const line of lines) line.destroy();
  }, GOODBYE_MS_MAX);
  await io.close();
  clearTimeout(patience);
}

const GOODBYE_MS_MAX = 500;

/** Bytes that a slow connection has not taken yet. socket.io keeps them to itself; 0 where it no longer says. */
export function bytesWaiting(socket: IoSocket): number {
  const { writeBuffer = [], transport } = socket.conn as unknown as {
    readonly writeBuffer?: readonly { readonly data?: { readonly length?: number } }[];
    readonly transport: { readonly socket?: { readonly bufferedAmount?: number } };
  };
  const packets = writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
  return packets + (transport.socket?.bufferedAmount ?? 0);
}

/** How a line ended: on purpose, because a message was too long to be read, or nobody knows. */
export type LineEnd = 'goodbye' | 'too-long' | 'broken';

/**
 * Calls back when a line has ended, with how. A goodbye is one of ours, or the WebSocket's own. A browser closes
 * with 1001 ("going away") for a tab that is closed or navigates, a worker that is ended and a renderer that crashes, for the
 * goodbye is sent by another process (seen in Chromium). It sends nothing when it is killed or loses its network; and engine.io,
 * when it misses the server's pings, closes without a code (1005).
 *
 * A message that is too long is not read, so no refusal can follow it: the WebSocket says so itself, by closing with 1009.
 */
export function whenItEnds(socket: IoSocket, ended: (how: LineEnd) => void): void {
  let how: LineEnd = 'broken';
  let webSocket: WebSocketEnd | undefined;
  const listen = (transport: unknown) => {
    // socket.io does not pass the code on. It must be known before `disconnect`, so this listener goes first.
    webSocket = (transport as { readonly socket?: WebSocketEnd }).socket;
    webSocket?.prependListener('close', (code: number) => {
      if (code === NORMAL || code === GOING_AWAY) how = 'goodbye';
    });
    webSocket?.prependListener('error', ({ code }: { readonly code?: string }) => {
      if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') how = 'too-long';
    });
  };
  listen(socket.conn.transport);
  socket.conn.on('upgrade', listen);
  socket.on('disconnect', (reason) => {
    // Nobody is there to shake hands on the closing; waiting for it would hold up a server that stops.
    if (reason === 'ping timeout') webSocket?.terminate();
    ended(reason === 'client namespace disconnect' ? 'goodbye' : how);
  });
}

interface WebSocketEnd extends EventEmitter {
  terminate(): void;
}

const NORMAL = 1000;
const GOING_AWAY = 1001;
