import { SOCKET_PATH } from '@manyhands/protocol';
import { io } from 'socket.io-client';
import { afterAll, afterEach, expect, test } from 'vitest';
import { newFolder, removeFolders, startTiny, type TinyServer } from './testing/tiny-server.ts';
import type { TinySocket } from './testing/tiny-volunteer.ts';

let server: TinyServer;
const sockets: TinySocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  await server.close();
});
afterAll(removeFolders);

/** What becomes of a visitor whose request says that it was forwarded for this address. */
function visit(forwardedFor: string): Promise<'let in' | string> {
  const socket: TinySocket = io(server.url, {
    path: SOCKET_PATH,
    transports: ['websocket'],
    reconnection: false,
    extraHeaders: { 'x-forwarded-for': forwardedFor },
  });
  sockets.push(socket);
  return new Promise((resolve) => {
    socket.once('dismissed', ({ refusal }) => resolve(refusal));
    // Whoever is turned away is told so before any answer.
    socket.once('connect', () => socket.emit('watch', { job: server.jobId! }, () => resolve('let in')));
  });
}

const limits = { socketsPerAddressMax: 1 };

test('[TP1] behind a trusted proxy every visitor has a ceiling of its own', async () => {
  server = await startTiny({ limits, trustedProxies: ['loopback'] });
  expect(await visit('203.0.113.1')).toBe('let in');
  expect(await visit('203.0.113.2')).toBe('let in');
  expect(await visit('203.0.113.2')).toBe('address-full');
  // What a visitor wrote itself stands left of what the proxy saw, and is not read.
  expect(await visit('198.51.100.9, 203.0.113.1')).toBe('address-full');
});

test('[TP2] whoever is no trusted proxy cannot say that it is somebody else', async () => {
  server = await startTiny({ limits, trustedProxies: ['10.0.0.0/8'] });
  expect(await visit('203.0.113.1')).toBe('let in');
  expect(await visit('203.0.113.2')).toBe('address-full');
});

test('[HT20] guesses at the token are counted for each visitor behind a trusted proxy', async () => {
  server = await startTiny({ trustedProxies: ['loopback'] });
  const guess = async (forwardedFor: string) => {
    const address = new URL(`/api/jobs/${server.jobId}/stop`, server.url);
    const { status } = await fetch(address, {
      method: 'POST',
      headers: { authorization: 'Bearer a guess', 'x-forwarded-for': forwardedFor },
    });
    return status;
  };
  for (let i = 0; i < 30; i++) await guess('203.0.113.1');
  expect(await guess('203.0.113.1')).toBe(429);
  expect(await guess('203.0.113.2')).toBe(401);
});

test('[SV11] what is no address is refused in one sentence, and the folder is free again', async () => {
  const dataDir = newFolder();
  await expect(startTiny({ dataDir, trustedProxies: ['the proxy'] })).rejects.toThrow(
    'A trusted proxy must be an address, a network such as 10.0.0.0/8, or loopback',
  );
  server = await startTiny({ dataDir });
});
