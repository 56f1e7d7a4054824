/** A TCP proxy on loopback that delays both ways and throttles the way up: a volunteer's line, as far as a server can tell. */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

export interface SlowLink {
  readonly url: string;
  /** Ends every connection and listens no more. */
  close(): void;
}

export interface LinkQuality {
  /** One way; the round trip is twice that. */
  readonly delayMs: number;
  readonly upBytesPerSecond: number;
}

export async function openSlowLink(target: URL, quality: LinkQuality): Promise<SlowLink> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.once('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
      socket.on('error', () => socket.destroy());
    }
    carry(near, far, quality.delayMs, quality.upBytesPerSecond);
    carry(far, near, quality.delayMs, Number.POSITIVE_INFINITY);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Bytes leave in the order in which they came, each no sooner than its delay and the line's speed allow. */
function carry(from: Socket, to: Socket, delayMs: number, bytesPerSecond: number): void {
  let lineFreeAtMs = 0;
  from.on('data', (chunk: Buffer) => {
    const nowMs = performance.now();
    lineFreeAtMs = Math.max(nowMs, lineFreeAtMs) + (chunk.length / bytesPerSecond) * 1_000;
    const backlogMs = lineFreeAtMs - nowMs;
    setTimeout(() => to.destroyed || to.write(chunk), backlogMs + delayMs);
    // The sender learns of a slow line as it would from TCP: it may not go on for ever.
    if (backlogMs > 200 && !from.isPaused()) {
      from.pause();
      setTimeout(() => from.resume(), backlogMs - 100);
    }
  });
}
