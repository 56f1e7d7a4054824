import { LIMITS } from '@manyhands/protocol';
import { expect, test } from 'vitest';
import type { Connection, LineEvent } from './connection.ts';
import { socketConnection } from './socket-connection.ts';
import { connectionContract } from './testing/connection-contract.ts';
import { createMemoryServer } from './testing/memory-server.ts';
import { createInbox, type ServerEnd } from './testing/server-end.ts';
import { createSocketServer } from './testing/socket-server.ts';

connectionContract('in memory', async () => createMemoryServer());
connectionContract('socket.io', createSocketServer);

test('[CN4] a server that is not there is a line that breaks', async () => {
  const server = await createSocketServer();
  await server.close();
  const event = await new Promise((hear) => server.open(hear));
  expect(event).toMatchObject({ type: 'disconnected' });
  const nowhere = await new Promise((hear) => socketConnection('http://127.0.0.1:1')(hear));
  expect(nowhere).toMatchObject({ type: 'disconnected' });
});

test('[CN7] a goodbye is over when the server has heard it', async () => {
  const server = await createSocketServer();
  const line = await openLine(server);
  await line.leave();
  expect(await Promise.race([server.next(), 'not heard yet'])).toEqual(['leave']);
  await server.close();
});

test('[CN7] what is left of an answer is not sent after a goodbye', async () => {
  const server = await createSocketServer();
  const line = await openLine(server);
  line.contribute(1, new Uint8Array(LIMITS.chunkBytes * (LIMITS.chunksOnTheWayMax + 2)), 0);
  await line.leave();
  for (let chunk = 0; chunk < LIMITS.chunksOnTheWayMax; chunk++)
    expect((await server.next())[0]).toBe('chunk');
  expect(await server.next()).toEqual(['leave']);
  const next = await openLine(server);
  next.pull();
  expect(await server.next()).toEqual(['pull']);
  await server.close();
});

test('[CN7] a goodbye that the server does not hear is over soon', async () => {
  const server = await createSocketServer();
  const line = await openLine(server);
  const left = line.leave();
  server.drop();
  await left;
  await server.close();
});

async function openLine(server: ServerEnd): Promise<Connection> {
  const heard = createInbox<LineEvent>();
  const line = server.open(heard.put);
  expect(await heard.next()).toEqual({ type: 'connected' });
  return line;
}
