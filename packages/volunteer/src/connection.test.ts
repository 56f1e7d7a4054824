import { expect, test } from 'vitest';
import { socketConnection } from './socket-connection.ts';
import { connectionContract } from './testing/connection-contract.ts';
import { createMemoryServer } from './testing/memory-server.ts';
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
