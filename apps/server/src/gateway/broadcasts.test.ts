import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { LIMITS } from '@manyhands/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect, type TinySocket } from '../testing/tiny-volunteer.ts';
import { Broadcasts, type Place } from './broadcasts.ts';
import { bytesWaiting, createIo, type Io, type IoSocket } from './io.ts';

const VOLUNTEERS = 150;
const LEASE = { lease: 1, kind: 'train', version: '1-1', first: 0, count: 1, deadlineInMs: 1_000 } as const;

let http: Server;
let io: Io;
let broadcasts: Broadcasts;
let places: Place[];
let entered: IoSocket[];
beforeEach(async () => {
  http = createServer();
  io = createIo(http);
  broadcasts = new Broadcasts(io);
  places = [];
  entered = [];
  io.on('connection', (socket) => {
    entered.push(socket);
    places.push(broadcasts.enter(socket));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
});
afterEach(() => io.close());

const url = () => `http://127.0.0.1:${(http.address() as AddressInfo).port}`;

/** Browsers that note in which order things come; `all` resolves when each has heard `count` of them. */
async function crowd(count: number): Promise<{ heard: string[][]; all: Promise<unknown> }> {
  const heard: string[][] = [];
  const done: Promise<void>[] = [];
  const listen = (socket: TinySocket) => {
    const mine: string[] = [];
    heard.push(mine);
    done.push(
      new Promise((resolve) => {
        socket.onAny((name: string) => mine.push(name) === count && resolve());
      }),
    );
  };
  await Promise.all(Array.from({ length: VOLUNTEERS }, () => connect(url(), listen)));
  return { heard, all: Promise.all(done) };
}

describe('Broadcasts', () => {
  test('[GW14] parameters come before a lease of their version, also where they wait for their turn', async () => {
    const { heard, all } = await crowd(4);
    for (const frame of [new ArrayBuffer(8), new ArrayBuffer(16)]) {
      broadcasts.send(frame, () => {});
      places.forEach((place, i) => {
        place.tell(() => entered[i]!.emit('assign', LEASE));
      });
    }
    await all;
    expect(heard).toEqual(heard.map(() => ['params', 'assign', 'params', 'assign']));
  });

  test('[GW20] a broadcast is sent to 64 a turn, and the bytes that it took are counted', async () => {
    const { all } = await crowd(1);
    const sent: number[] = [];
    broadcasts.send(new ArrayBuffer(10), (bytes) => sent.push(bytes));
    expect(sent).toEqual([640]);
    await all;
    expect(sent).toEqual([640, 640, 220]);
  });

  test.each([
    [1, [4, 4, 2]],
    [5, [5, 5, 5, 5, 5, 5, 5, 5, 5, 5]],
  ])(
    '[GW37] of a frame of %i MiB a turn sends four, and one frame however long it is',
    async (mebibytes, turns) => {
      const { all } = await crowd(1);
      for (const place of places.slice(0, 10)) place.subscribe();
      const sent: number[] = [];
      broadcasts.send(new ArrayBuffer(mebibytes * 2 ** 20), (bytes) => sent.push(bytes / 2 ** 20));
      places.forEach((place, i) => {
        place.tell(() => entered[i]!.emit('assign', LEASE));
      });
      await all;
      expect(sent).toEqual(turns);
    },
  );

  test('[GW30] a long frame goes to those only who have subscribed', async () => {
    const { heard, all } = await crowd(1);
    const long = new ArrayBuffer(LIMITS.chunkBytes + 1);
    for (const place of places.slice(0, 3)) place.subscribe();
    const sent: number[] = [];
    broadcasts.send(long, (bytes) => sent.push(bytes / long.byteLength));
    places.forEach((place, i) => {
      place.tell(() => entered[i]!.emit('assign', LEASE));
    });
    await all;
    expect(sent).toEqual([3]);
    const first = heard.map(([name]) => name).sort();
    expect(first).toEqual([
      ...Array.from({ length: VOLUNTEERS - 3 }, () => 'assign'),
      ...['params', 'params', 'params'],
    ]);
  });

  test('[GW31] who has not taken one long frame is not sent another: the newest is fetched', async () => {
    const stalled = await connect(url());
    places.at(-1)!.subscribe();
    const tcp = (stalled.io.engine.transport as unknown as { ws: { _socket: Socket } }).ws._socket;
    tcp.pause();
    const frame = new ArrayBuffer(32 * 1024 * 1024);
    const sent: number[] = [];
    for (let i = 0; i < 5; i++) {
      broadcasts.send(frame, (bytes) => sent.push(bytes));
      // The frame must have reached the transport, as it has by the next round.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toEqual([frame.byteLength]);
    expect(bytesWaiting(entered.at(-1)!)).toBeLessThanOrEqual(frame.byteLength + LIMITS.chunkBytes);
    tcp.destroy();
  });

  test('[GW21] who has left is sent nothing, and its place is taken by the next', async () => {
    const { all } = await crowd(1);
    for (const place of places.slice(0, 10)) place.leave();
    for (let i = 0; i < 10; i++) places[i] = broadcasts.enter(entered[i]!);
    const sent: number[] = [];
    broadcasts.send(new ArrayBuffer(1), (bytes) => sent.push(bytes));
    await all;
    expect(sent).toEqual([64, 64, 22]);
  });
});
