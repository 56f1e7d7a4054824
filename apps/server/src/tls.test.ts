import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { fileURLToPath } from 'node:url';
import { SOCKET_PATH } from '@manyhands/protocol';
import { io } from 'socket.io-client';
import { afterAll, expect, test } from 'vitest';
import { removeFolders, startTiny } from './testing/tiny-server.ts';
import type { TinySocket } from './testing/tiny-volunteer.ts';

afterAll(removeFolders);

const file = (name: string) => fileURLToPath(new URL(`testing/tls/${name}`, import.meta.url));
const tls = { certFile: file('localhost.crt'), keyFile: file('localhost.key') };
const ca = readFileSync(tls.certFile);

test('[SV12] with a certificate pages, sockets and every printed link are encrypted', async () => {
  const server = await startTiny({ tls });
  for (const link of [server.url, server.joinUrl!, server.dashboardUrl!]) {
    expect(link).toMatch(/^https:\/\/localhost:/);
  }

  const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
    get(server.url, { ca }, (answer) => resolve(answer.resume().headers)).once('error', reject);
  });
  // Either would outlive this server and hold for others on the same host name.
  expect(headers).not.toHaveProperty('strict-transport-security');
  expect(headers).not.toHaveProperty('set-cookie');

  // The client's types are the browser's, which knows no `ca`.
  const options = { path: SOCKET_PATH, transports: ['websocket'], ca } as object;
  const socket: TinySocket = io(server.url, options);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  expect(await socket.emitWithAck('watch', { job: server.jobId! })).toMatchObject({ watching: true });
  socket.disconnect();
  await server.close();
});

test.each([
  ['a key of another certificate', { ...tls, keyFile: file('other.key') }],
  ['a file that is no certificate', { ...tls, certFile: file('README.md') }],
  ['a file that is no key', { ...tls, keyFile: file('README.md') }],
])('[SV13] %s is one sentence', async (_what, wrong) => {
  const start = startTiny({ tls: wrong });
  await expect(start).rejects.toThrow(/are no certificate with its key \(.*\)\.$/);
});
