/** What every line to a server does, real or in memory. */

import { encodeFrame, type JoinMessage, LIMITS, PROTOCOL_VERSION } from '@manyhands/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Connection, LineEvent } from '../connection.ts';
import { createInbox, type ServerEnd } from './server-end.ts';
import { GPU } from './session-driver.ts';

const JOIN: JoinMessage = {
  protocol: PROTOCOL_VERSION,
  job: 'digits',
  layoutHash: 'f'.repeat(64),
  device: GPU,
  account: '0'.repeat(32),
};

const SPEED = { adapter: 'v a', engine: 'test-1', backend: 'webgpu', secondsPerSample: 0.5 } as const;

export function connectionContract(name: string, createServer: () => Promise<ServerEnd>): void {
  describe(`the line (${name})`, () => {
    let server: ServerEnd;
    let line: Connection;
    let heard: ReturnType<typeof createInbox<LineEvent>>;

    beforeEach(async () => {
      server = await createServer();
      heard = createInbox<LineEvent>();
      line = server.open(heard.put);
      expect(await heard.next()).toEqual({ type: 'connected' });
    });
    afterEach(() => server.close());

    test('[CN1] says what the volunteer says, in order and byte for byte', async () => {
      const frame = encodeFrame({
        kind: 'contribution',
        codec: 'float32',
        version: { incarnation: 1, step: 2 },
        lease: 9,
        samples: 4,
        elements: 1,
        computeMs: 7,
        body: new Uint8Array(Float32Array.of(0.5).buffer),
      });
      line.join(JOIN);
      line.pull();
      line.contribute(9, frame.slice(), 0);
      line.evaluated({ lease: 4, samples: 2, lossSum: 1.5, metricSum: 1 });
      line.release(5);
      line.measured(SPEED);
      line.residual({ lost: 1 });
      expect(await server.next()).toEqual(['join', JOIN]);
      expect(await server.next()).toEqual(['pull']);
      const [contribute, bytes] = await server.next();
      expect([contribute, new Uint8Array(bytes as Uint8Array)]).toEqual(['contribute', frame]);
      expect(await server.next()).toEqual([
        'evaluated',
        { lease: 4, samples: 2, lossSum: 1.5, metricSum: 1 },
      ]);
      expect(await server.next()).toEqual(['release', { lease: 5 }]);
      expect(await server.next()).toEqual(['measured', SPEED]);
      expect(await server.next()).toEqual(['residual', { lost: 1 }]);
    });

    test('[CN6] a long frame travels in chunks, in order, and from where the server has got to', async () => {
      const bytes = Uint8Array.from({ length: 3 * LIMITS.chunkBytes + 5 }, (_, i) => i % 251);
      line.contribute(9, bytes.slice(), LIMITS.chunkBytes);
      for (const from of [1, 2, 3].map((n) => n * LIMITS.chunkBytes)) {
        const [name, message, chunk] = await server.next();
        expect([name, message]).toEqual(['chunk', { lease: 9, from }]);
        const due = bytes.subarray(from, from + LIMITS.chunkBytes);
        expect(Buffer.compare(chunk as Uint8Array, due)).toBe(0);
      }
      line.pull();
      expect(await server.next()).toEqual(['pull']);
    });

    test('[CN6] a receipt ends what is left of it', async () => {
      line.contribute(9, new Uint8Array(64 * LIMITS.chunkBytes), 0);
      expect((await server.next())[0]).toBe('chunk');
      server.say('receipt', { lease: 9, accepted: false, refusal: 'lease-ended' });
      await heard.next();
      line.pull();
      let chunks = 1;
      while ((await server.next())[0] === 'chunk') chunks++;
      expect(chunks).toBeLessThan(64);
    });

    test('[CN2] says what the server says, in order and in the words of the session', async () => {
      line.join(JOIN);
      await server.next();
      expect(await heard.next()).toMatchObject({
        type: 'join-answered',
        reply: { joined: true, volunteer: 3, version: { incarnation: 1, step: 5 }, status: 'running' },
      });
      const body = new Uint8Array(Float32Array.of(1, 2).buffer);
      const version = { incarnation: 1, step: 6 };
      const about = { kind: 'params', codec: 'float32', lease: 0, samples: 0, computeMs: 0 } as const;
      server.say('params', encodeFrame({ ...about, version, elements: 2, body }));
      server.say('assign', { lease: 1, kind: 'train', version: '1-6', first: 2, count: 2, deadlineInMs: 50 });
      server.say('receipt', { lease: 1, accepted: true });
      server.say('status', 'paused');
      server.say('serving', GPU);
      server.say('dismissed', { refusal: 'server-stopping', sentence: 'Back soon.' });
      const frame = await heard.next();
      expect(frame).toMatchObject({ type: 'frame-arrived', frame: { version, elements: 2 } });
      if (frame.type === 'frame-arrived') expect(new Uint8Array(frame.frame.body)).toEqual(body);
      expect(await heard.next()).toEqual({
        type: 'assigned',
        assignment: {
          lease: 1,
          kind: 'train',
          version,
          run: { first: 2, count: 2 },
          deadlineInMs: 50,
          backup: false,
        },
      });
      expect(await heard.next()).toEqual({ type: 'receipt-arrived', receipt: { lease: 1, accepted: true } });
      expect(await heard.next()).toEqual({ type: 'status-changed', status: 'paused' });
      expect(await heard.next()).toEqual({ type: 'serving-changed', device: GPU });
      expect(await heard.next()).toMatchObject({
        type: 'dismissed',
        message: { refusal: 'server-stopping' },
      });
    });

    test.each([
      ['params', new Uint8Array(7)],
      ['params', 'not bytes'],
      ['assign', { lease: 1, kind: 'train', version: 'newest', first: 0, count: 1, deadlineInMs: 1 }],
      ['assign', { lease: 1, kind: 'mine', version: '1-1', first: 0, count: 1, deadlineInMs: 1 }],
      ['receipt', { lease: -1, accepted: true }],
      ['status', 'bored'],
      ['serving', { backend: 'webgpu' }],
      ['dismissed', { refusal: 'because', sentence: '' }],
    ])('[CN3] a message %s that holds %j is malformed, and nothing is thrown', async (message, value) => {
      server.say(message, value);
      expect(await heard.next()).toMatchObject({ type: 'malformed', sentence: expect.stringMatching(/./) });
    });

    test('[CN3] so is an answer to joining that is none', async () => {
      server.joinAnswer = { joined: 'perhaps' };
      line.join(JOIN);
      expect(await heard.next()).toMatchObject({ type: 'malformed' });
    });

    test('[CN4] a line that breaks says so once', async () => {
      server.drop();
      expect(await heard.next()).toMatchObject({ type: 'disconnected', why: expect.stringMatching(/./) });
    });

    test('[CN5] after leaving nothing more is heard, and the goodbye has been sent', async () => {
      line.release(1);
      const left = line.leave();
      server.say('status', 'paused');
      await left;
      expect(await server.next()).toEqual(['release', { lease: 1 }]);
      expect(await server.next()).toEqual(['leave']);
      const another = createInbox<LineEvent>();
      server.open(another.put);
      await another.next();
      server.say('status', 'running');
      await another.next();
      heard.put({ type: 'disconnected', why: 'the test put this here' });
      expect(await heard.next()).toMatchObject({ why: 'the test put this here' });
    });
  });
}
