import {
  type CodecSpec,
  contributionCodec,
  contributionLength,
  type LeaseId,
  type Loops,
  plainLoops,
  shapeOf,
  type VolunteerId,
} from '@manyhands/core';
import type { AssignMessage } from '@manyhands/protocol';
import { expect, test } from 'vitest';
import { openRun } from '../run.ts';
import { createMemoryStore } from '../store/memory.ts';
import { tinyJob } from '../testing/tiny-job.ts';
import { type HostStart, runHost } from './host.ts';
import { fastestLoops } from './loops.ts';
import type { FromHost, ToHost } from './messages.ts';

const CODECS: readonly CodecSpec[] = [
  { kind: 'float32' },
  { kind: 'float16' },
  { kind: 'int8' },
  { kind: 'top-k', kept: 1_024, bits: 8 },
];
/** Of the tiny job. */
const EVALUATION = { samples: 6, unitSamples: 4 };
const VOLUNTEER = 1 as VolunteerId;

test.each(CODECS)('[HO18] whichever loops a host runs, it publishes the same bytes, codec $kind', (codec) => {
  const fast = train(codec, fastestLoops);
  const plain = train(codec, () => plainLoops);
  expect(fast.frames).toHaveLength(6);
  expect(fast.frames).toEqual(plain.frames);
  expect(plain.roomsOut).toBe(0);
});

test.each(CODECS)('[HO18] room for an answer comes back, whatever became of it, codec $kind', (codec) => {
  // The parameters and the one slot of momentum.
  expect(train(codec, fastestLoops).roomsOut).toBe(2);
});

/**
 * Trains the tiny job to its end. On the way there are answers that are not finite, that no lease asked for and that do not decode,
 * and the job is stopped in the middle of a round, which then begins again.
 */
function train(codec: CodecSpec, open: (start: HostStart) => Loops) {
  const hosted = tinyJob({ codec });
  const { job } = hosted;
  const { encode } = contributionCodec(codec, shapeOf(job));
  const elements = contributionLength(shapeOf(job));
  const store = createMemoryStore();
  const start = openRun(store, hosted, false).start!;
  const frames: Uint8Array[] = [];
  const leases: AssignMessage[] = [];
  let roomsOut = 0;
  let accepted = 0;
  let nowMs = 0;
  let stopped = false;
  let say: (message: ToHost) => void = () => {};
  const turns: (() => void)[] = [];

  const loops = open(start);
  const counted: Loops = {
    ...loops,
    room(length) {
      const room = loops.room(length);
      if (room !== undefined) roomsOut++;
      return room;
    },
    free(vector) {
      const own = loops.free(vector);
      if (own) roomsOut--;
      return own;
    },
  };
  const hear = (message: FromHost) => {
    if (message.type === 'published') frames.push(message.frame.slice());
    if (message.type === 'receipt' && message.message.accepted) accepted = message.message.lease;
    if (message.type === 'assign') leases.push(message.message);
    if (message.type === 'failed') throw new Error(message.sentence);
  };
  const port = {
    postMessage: (messages: readonly FromHost[]) => messages.forEach(hear),
    on: (_event: 'message', listener: typeof say) => {
      say = listener;
    },
    close() {},
  };
  const clock = {
    nowMs: () => nowMs,
    wallMs: () => 0,
    every: () => () => {},
    soon: (turn: () => void) => void turns.push(turn),
  };
  runHost(port, start, store, clock, counted);

  const tell = (message: ToHost) => {
    say(message);
    for (const turn of turns.splice(0)) turn();
  };
  const send = (lease: number, count: number, body: Uint8Array<ArrayBuffer>) =>
    tell({
      ...{
        type: 'contribution',
        volunteer: VOLUNTEER,
        lease: lease as LeaseId,
        computeMs: 1_000,
        elements,
        body,
      },
      samples: count * job.batch.unitSamples,
    });
  const encoded = (value: (i: number) => number) =>
    encode(
      new Float32Array(elements).map((_, i) => value(i)),
      5,
    ).slice();

  const answer = ({ lease, kind, first, count }: AssignMessage) => {
    if (kind === 'evaluate') {
      const from = first * EVALUATION.unitSamples;
      const samples = Math.min(EVALUATION.samples, from + count * EVALUATION.unitSamples) - from;
      const sums = { samples, lossSum: samples, metricSum: samples };
      const event = {
        type: 'evaluation-arrived',
        volunteer: VOLUNTEER,
        lease: lease as LeaseId,
        ...sums,
      } as const;
      return tell({ type: 'event', event });
    }
    if (lease % 5 === 1)
      return send(
        lease,
        count,
        encoded((i) => (i === 3 ? Number.NaN : i)),
      );
    if (lease % 5 === 2) return send(lease, count, new Uint8Array(3));
    send(
      99_999,
      count,
      encoded(() => 1),
    );
    send(
      lease,
      count,
      encoded((i) => Math.sin(first + 13 * i) / 3),
    );
  };
  const event = (type: 'lease-pulled' | 'stop-asked' | 'resume-asked') =>
    tell({ type: 'event', event: type === 'lease-pulled' ? { type, volunteer: VOLUNTEER } : { type } });

  const device = { engine: 'tiny-1', backend: 'cpu', vendor: '', architecture: '' } as const;
  tell({ type: 'event', event: { type: 'volunteer-joined', volunteer: VOLUNTEER, account: 'a', device } });
  for (let pull = 0; pull < PULLS_MAX && frames.length <= job.stop.steps; pull++) {
    event('lease-pulled');
    for (let lease = leases.shift(); lease !== undefined; lease = leases.shift()) {
      const versions = frames.length;
      // So slow that nobody is given a whole batch.
      nowMs += 1_000;
      answer(lease);
      const isHeld = lease.kind === 'train' && accepted === lease.lease && frames.length === versions;
      if (stopped || !isHeld) continue;
      stopped = true;
      leases.length = 0;
      event('stop-asked');
      event('resume-asked');
    }
  }
  expect(stopped).toBe(true);
  return { frames, roomsOut };
}

const PULLS_MAX = 200;
