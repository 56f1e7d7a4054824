import { expect, test } from 'vitest';
import { LIMITS } from './limits.ts';
import type { ChunkMessage } from './messages.ts';
import { Uploads } from './uploads.ts';

const CHUNK = LIMITS.chunkBytes;

/** A line whose other end acknowledges when the test says so. */
function line() {
  const sent: (ChunkMessage & { readonly bytes: number })[] = [];
  const acknowledgements: (() => void)[] = [];
  const uploads = new Uploads((message, bytes, acknowledged) => {
    sent.push({ ...message, bytes: bytes.byteLength });
    acknowledgements.push(acknowledged);
  });
  return { uploads, sent, acknowledge: () => acknowledgements.shift()!() };
}

test('[UP1] no more than a window is on its way, however long the frame and however many frames', () => {
  const { uploads, sent, acknowledge } = line();
  uploads.add(1, new Uint8Array(2 * CHUNK + 1), 0);
  uploads.add(2, new Uint8Array(CHUNK + 1), 0);
  expect(sent).toHaveLength(LIMITS.chunksOnTheWayMax);
  acknowledge();
  acknowledge();
  expect(sent).toEqual([
    { lease: 1, from: 0, bytes: CHUNK },
    { lease: 1, from: CHUNK, bytes: CHUNK },
    { lease: 1, from: 2 * CHUNK, bytes: 1 },
    { lease: 2, from: 0, bytes: CHUNK },
  ]);
});

test('[UP2] a frame goes on from any byte, and one that is there already is not sent', () => {
  const { uploads, sent } = line();
  uploads.add(1, new Uint8Array(CHUNK + 7), CHUNK + 7);
  uploads.add(2, new Uint8Array(CHUNK + 7), CHUNK);
  expect(sent).toEqual([{ lease: 2, from: CHUNK, bytes: 7 }]);
});

test('[UP3] a lease that has ended makes room for the next, and its chunks on the way still count', () => {
  const { uploads, sent, acknowledge } = line();
  uploads.add(1, new Uint8Array(9 * CHUNK), 0);
  uploads.add(2, new Uint8Array(9 * CHUNK), 0);
  uploads.end(1);
  expect(sent.map(({ lease }) => lease)).toEqual([1, 1]);
  acknowledge();
  expect(sent.map(({ lease }) => lease)).toEqual([1, 1, 2]);
});
