/** A server that is asked to end finishes what its volunteers are at. */

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobProgram } from '@manyhands/protocol';
import { ROUTES } from '@manyhands/protocol';
import { expect, test } from '@playwright/test';
import { tinyJob } from '../apps/server/src/testing/tiny-job.ts';
import {
  answerLease,
  connect,
  fetchParams,
  joinMessage,
  nextLease,
  nextReceipt,
} from '../apps/server/src/testing/tiny-volunteer.ts';
import { startKilledServer } from './crash/killed-server.ts';
import { startServer } from './running-server.ts';

/** What a supervisor usually waits before it kills. */
const END_MS_MAX = 10_000;

let dataDir: string;
test.beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'manyhands-stop-'));
});
test.afterEach(() => rm(dataDir, { recursive: true, force: true }));

test('[GS1] leases that run when SIGTERM comes are answered and count, the version they make is durable, and volunteers are told to come again', async () => {
  const orders = { job: tinyJob(), dataDir, port: 0 };
  const server = startKilledServer(orders);
  const { url, job } = await server.listening;
  const sockets = await Promise.all(
    Array.from({ length: UNITS + EVALUATION_UNITS }, async () => {
      const socket = await connect(url);
      await socket.emitWithAck('join', joinMessage(job));
      return socket;
    }),
  );
  const leases = sockets.map((socket) => nextLease(socket));
  for (const socket of sockets) socket.emit('pull');
  const granted = await Promise.all(leases);
  const params = await fetchParams(url, job, '1-0');

  const startedAt = performance.now();
  const ended = server.stop();
  await notReady(url);
  const more = sockets.map((socket) => nextLease(socket));
  const receipts = sockets.map((socket) => nextReceipt(socket));
  const dismissals = sockets.map((socket) => once(socket as never, 'dismissed'));
  for (const [i, socket] of sockets.entries()) {
    answerLease(socket, granted[i]!, params);
    socket.emit('pull');
  }
  expect((await Promise.all(receipts)).every(({ accepted }) => accepted)).toBe(true);
  for (const [dismissed] of await Promise.all(dismissals)) {
    expect(dismissed).toMatchObject({ refusal: 'server-stopping' });
  }
  expect(await ended).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(END_MS_MAX);
  expect(await Promise.race([...more, 'none'])).toBe('none');

  const again = startKilledServer(orders);
  const view = await (await fetch(new URL(ROUTES.job(job), (await again.listening).url))).json();
  expect(view).toMatchObject({ version: '2-1', durable: { version: '2-1' } });
  await again.kill();
});

test('[GS2] the command ends with code 0 within ten seconds, though a volunteer never answers', async () => {
  const server = await startServer({ job: 'e2e/jobs/exact', dataDir });
  const program = (await (
    await fetch(new URL(ROUTES.program(server.job), server.origin))
  ).json()) as JobProgram;
  const socket = await connect(server.origin);
  await socket.emitWithAck('join', joinMessage(server.job, { layoutHash: program.layoutHash }));
  const lease = nextLease(socket);
  socket.emit('pull');
  await lease;
  const startedAt = performance.now();
  const ended = server.end();
  await notReady(server.origin);
  expect(await ended).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(END_MS_MAX);
});

/** Of the tiny job. */
const UNITS = 4;
const EVALUATION_UNITS = 2;

async function notReady(url: string): Promise<void> {
  const status = async () => (await fetch(new URL('/readyz', url))).status;
  await expect.poll(status, { intervals: [10] }).toBe(503);
}
