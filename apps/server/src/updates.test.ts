/** Where not parameters travel but what changed in them: what is broadcast, what is kept for who missed it, and what a restart finds. */

import { formatVersion, takeUpdate, updateCodec } from '@manyhands/core';
import { decodeFrame, FINGERPRINT_BYTES, type Frame, ROUTES } from '@manyhands/protocol';
import { afterAll, expect, test } from 'vitest';
import { tinyJob } from './testing/tiny-job.ts';
import { newFolder, removeFolders, startTiny, type TinyServer } from './testing/tiny-server.ts';
import { connect, fetchParams, joinMessage, work } from './testing/tiny-volunteer.ts';

afterAll(removeFolders);

const UPDATES = { kind: 'int8' } as const;
const CODEC = updateCodec(UPDATES, { params: 6, state: 2 });
const job = tinyJob({ updates: UPDATES });

/** Listens to what is broadcast; `until` resolves once so many frames have come. */
async function listen(server: TinyServer) {
  const frames: Frame[] = [];
  let wanted = { count: Number.POSITIVE_INFINITY, resolve: () => {} };
  const socket = await connect(server.url, (opened) => {
    opened.on('params', (bytes) => {
      frames.push(decodeFrame(new Uint8Array(bytes)) as Frame);
      if (frames.length >= wanted.count) wanted.resolve();
    });
  });
  await socket.emitWithAck('join', joinMessage(server.jobId!));
  return {
    frames,
    stop: () => void socket.disconnect(),
    until: (count: number) =>
      new Promise<void>((resolve) => {
        wanted = { count, resolve };
        if (frames.length >= count) resolve();
      }),
  };
}

test('[SV17] whoever takes every update that is broadcast holds the bytes that are served', async () => {
  const server = await startTiny({ job });
  const ear = await listen(server);
  const start = await fetchParams(server.url, server.jobId!, '1-0');
  const volunteer = await work(server.url, server.jobId!);
  await server.finished;
  await ear.until(5);
  const held = start.slice(0, 6);
  for (const { kind, version, elements, body } of ear.frames) {
    expect(kind).toBe('update');
    const vector = CODEC.decode(body.subarray(FINGERPRINT_BYTES), elements) as Float32Array;
    takeUpdate(held, vector.subarray(0, 6));
    const served = await fetchParams(server.url, server.jobId!, formatVersion(version));
    expect(held).toEqual(served.slice(0, 6));
    expect(vector.subarray(6)).toEqual(served.subarray(6));
  }
  expect(held).not.toEqual(start.slice(0, 6));

  const between = (from: string, to: string) => server.get(ROUTES.updates(server.jobId!, from, to));
  const missed = new Uint8Array(await (await between('1-2', '1-5')).arrayBuffer());
  const frameBytes = missed.byteLength / 3;
  for (const [i, { body }] of ear.frames.slice(2).entries()) {
    const frame = decodeFrame(missed.subarray(i * frameBytes, (i + 1) * frameBytes)) as Frame;
    expect(Buffer.from(frame.body)).toEqual(Buffer.from(body));
  }
  const gone = await between('1-2', '1-6');
  expect(gone.status).toBe(410);
  expect(await gone.json()).toMatchObject({ error: 'updates-gone' });
  volunteer.stop();
  ear.stop();
  await server.close();
});

test('[SV18] after a close in the middle it goes on to the bytes of a run that was never closed', async () => {
  const unbroken = await startTiny({ job });
  const only = await work(unbroken.url, unbroken.jobId!);
  await unbroken.finished;
  const due = (await unbroken.view()).durable?.paramsSha256;
  only.stop();
  await unbroken.close();

  const dataDir = newFolder();
  const before = await startTiny({ job, dataDir });
  const ear = await listen(before);
  const volunteer = await work(before.url, before.jobId!);
  await ear.until(2);
  await before.close();
  volunteer.stop();
  ear.stop();
  const after = await startTiny({ job, dataDir });
  const other = await work(after.url, after.jobId!);
  await after.finished;
  expect(await after.view()).toMatchObject({ step: 5, durable: { paramsSha256: due } });
  other.stop();
  await after.close();
});
