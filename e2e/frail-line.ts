/** A volunteer's line that can be cut and mended: TCP on loopback, carried on as it comes. */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

export interface FrailLine {
  readonly origin: string;
  /** Breaks every connection, and refuses new ones until the line is mended; resolves when somebody has tried in vain. */
  cut(): Promise<void>;
  mend(): void;
  close(): void;
}

export async function openFrailLine(target: URL): Promise<FrailLine> {
  const sockets = new Set<Socket>();
  let refuse: (() => void) | undefined;
  const keep = (socket: Socket, end: () => void) => {
    sockets.add(socket);
    socket.on('error', end);
    socket.once('close', () => {
      sockets.delete(socket);
      end();
    });
  };
  const server = createServer((near) => {
    if (refuse !== undefined) {
      near.destroy();
      return refuse();
    }
    const far = connect(Number(target.port), target.hostname);
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) keep(socket, end);
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const breakAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () =>
      new Promise((resolve) => {
        refuse = resolve;
        breakAll();
      }),
    mend() {
      refuse = undefined;
    },
    close() {
      breakAll();
      server.close();
    },
  };
}
