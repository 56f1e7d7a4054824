/**
 * A TCP proxy on loopback that delays both ways, throttles either, and breaks on request: a volunteer's line, as far as a server
 * can tell.
 */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

export interface SlowLink {
  readonly url: string;
  /** Bytes that have come through to the server. */
  readonly upBytes: number;
  /** Resolves when so many more bytes have come through to the server. */
  untilUp(bytes: number): Promise<void>;
  /** Breaks every connection, without a goodbye and for both ends to see. */
  cut(): void;
  /** From here on nothing comes through the connections that there are, and neither end is told. New ones are whole. */
  freeze(): void;
  /** Ends every connection and listens no more. */
  close(): void;
}

export interface LinkQuality {
  /** One way; the round trip is twice that. */
  readonly delayMs: number;
  readonly upBytesPerSecond: number;
  readonly downBytesPerSecond?: number;
}

export async function openSlowLink(target: URL, quality: LinkQuality): Promise<SlowLink> {
  const { delayMs, upBytesPerSecond, downBytesPerSecond = Number.POSITIVE_INFINITY } = quality;
  const connections = new Set<Connection>();
  const waiting: { readonly upBytes: number; readonly resolve: () => void }[] = [];
  let upBytes = 0;

  function countUp(bytes: number): void {
    upBytes += bytes;
    for (const reader of waiting) if (upBytes >= reader.upBytes) reader.resolve();
  }

  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const connection: Connection = { sockets: [near, far], frozen: false };
    connections.add(connection);
    for (const socket of connection.sockets) {
      socket.setNoDelay(true);
      socket.once('close', () => {
        connections.delete(connection);
        // Who is at the other end of a frozen line is not told.
        if (!connection.frozen) for (const end of connection.sockets) end.destroy();
      });
      socket.on('error', () => socket.destroy());
    }
    carry(near, far, { connection, delayMs, bytesPerSecond: upBytesPerSecond, through: countUp });
    carry(far, near, { connection, delayMs, bytesPerSecond: downBytesPerSecond, through: () => {} });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get upBytes() {
      return upBytes;
    },
    untilUp: (bytes) => new Promise((resolve) => waiting.push({ upBytes: upBytes + bytes, resolve })),
    cut() {
      for (const { sockets } of connections) for (const socket of sockets) socket.resetAndDestroy();
    },
    freeze() {
      for (const connection of connections) connection.frozen = true;
    },
    close() {
      for (const { sockets } of connections) for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

interface Connection {
  readonly sockets: readonly [near: Socket, far: Socket];
  frozen: boolean;
}

interface Direction {
  readonly connection: Connection;
  readonly delayMs: number;
  readonly bytesPerSecond: number;
  through(bytes: number): void;
}

/** Bytes leave in the order in which they came, each no sooner than its delay and the line's speed allow. */
function carry(from: Socket, to: Socket, { connection, delayMs, bytesPerSecond, through }: Direction): void {
  // One timer for the first in the queue: of several timers that are late, any may ring first.
  const queue: { readonly dueMs: number; readonly bytes: Buffer }[] = [];
  let lineFreeAtMs = 0;

  function deliver(): void {
    while (queue.length > 0 && queue[0]!.dueMs <= performance.now()) {
      const { bytes } = queue.shift()!;
      if (connection.frozen || to.destroyed) continue;
      to.write(bytes);
      through(bytes.length);
    }
    if (queue.length > 0) setTimeout(deliver, queue[0]!.dueMs - performance.now());
  }

  from.on('data', (bytes: Buffer) => {
    const nowMs = performance.now();
    lineFreeAtMs = Math.max(nowMs, lineFreeAtMs) + (bytes.length / bytesPerSecond) * 1_000;
    const backlogMs = lineFreeAtMs - nowMs;
    queue.push({ dueMs: lineFreeAtMs + delayMs, bytes });
    if (queue.length === 1) setTimeout(deliver, backlogMs + delayMs);
    // The sender learns of a slow line as it would from TCP: it may not go on for ever.
    if (backlogMs > 200 && !from.isPaused()) {
      from.pause();
      setTimeout(() => from.resume(), backlogMs - 100);
    }
  });
}
