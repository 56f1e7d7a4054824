/** A reverse proxy as operators put before a server: https outside, plain http inside, on another port. */

import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface ReverseProxy {
  readonly origin: string;
  close(): void;
}

const file = (name: string) =>
  fileURLToPath(new URL(`../apps/server/src/testing/tls/${name}`, import.meta.url));

/** A self-made certificate for localhost, as flags of the command name it. */
export const CERTIFICATE = { certFile: file('localhost.crt'), keyFile: file('localhost.key') };

/** A name that no other device would take for itself, as localhost is; the test's browser must be told where it is. */
export const PROXY_NAME = 'train.test';

/** Passes everything on to `port` of this machine, which need not listen yet. */
export async function openReverseProxy(port: number): Promise<ReverseProxy> {
  const sockets = new Set<Socket>();
  const tls = { cert: readFileSync(CERTIFICATE.certFile), key: readFileSync(CERTIFICATE.keyFile) };
  const proxy = createServer(tls, (asked, answer) => {
    const inner = request(inside(asked, port), (answered) => {
      answer.writeHead(answered.statusCode!, answered.headers);
      answered.pipe(answer);
    });
    inner.on('error', () => answer.writeHead(502).end());
    asked.pipe(inner);
  });
  proxy.on('upgrade', (asked: IncomingMessage, near: Socket, head: Buffer) => {
    const inner = request(inside(asked, port));
    inner.on('error', () => near.destroy());
    inner.on('upgrade', (answered, far, first) => {
      const lines = Object.entries(answered.headers).map(([name, value]) => `${name}: ${value}`);
      near.write(['HTTP/1.1 101 Switching Protocols', ...lines, '', ''].join('\r\n'));
      near.write(first);
      far.write(head);
      far.pipe(near).pipe(far);
      for (const socket of [near, far]) socket.on('error', () => socket.destroy());
    });
    inner.end();
  });
  proxy.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    origin: `https://${PROXY_NAME}:${(proxy.address() as AddressInfo).port}`,
    close() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}

function inside({ method, url, headers, socket }: IncomingMessage, port: number) {
  const forwarded = { ...headers, host: `127.0.0.1:${port}`, 'x-forwarded-for': socket.remoteAddress };
  return { host: '127.0.0.1', port, method, path: url, headers: forwarded };
}
