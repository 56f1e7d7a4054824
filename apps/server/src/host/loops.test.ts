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
import { describe, expect, test } from 'vitest';
import { openRun } from '../run.ts';
import { createMemoryStore } from '../store/memory.ts';
import { tinyJob } from '../testing/tiny-job.ts';
import type { Clock } from './clock.ts';
import { type HostStart, runHost } from './host.ts';
import { fastestLoops } from './loops.ts';
import type { FromHost, OutsideEvent, ToHost } from './messages.ts';

const FLOAT32: CodecSpec = { kind: 'float32' };
const CODECS: readonly (readonly [codec: CodecSpec, updates: CodecSpec])[] = [
  [FLOAT32, FLOAT32],
  [{ kind: 'float16' }, FLOAT32],
  [{ kind: 'int8' }, FLOAT32],
  [{ kind: 'top-k', kept: 1_024, bits: 8 }, FLOAT32],
  [FLOAT32, { kind: 'int8' }],
];

describe.each(CODECS)('gradients in $0.kind, updates in $1.kind', (codec, updates) => {
  test('[HO18] whichever loops a host runs, it publishes the same bytes', () => {
    const [fast, plain] = [fastestLoops, () => plainLoops].map((open) => new Training(codec, updates, open));
    for (const training of [fast!, plain!]) training.toItsEnd();
    expect(fast!.frames).toHaveLength(STEPS + 1);
    expect(fast!.frames).toEqual(plain!.frames);
  });

  test('[HO18] room for an answer comes back, whatever became of it', () => {
    const training = new Training(codec, updates, fastestLoops);
    training.toItsEnd();
    // The parameters and the one slot of momentum; and what updates left out, and where the optimizer goes.
    expect(training.roomsOut).toBe(updates === FLOAT32 ? 2 : 4);
  });
});

const STEPS = 5;
/** More than the job can need. */
const PULLS_MAX = 200;
/** Of the tiny job. */
const EVALUATION = { samples: 6, unitSamples: 4 };
const VOLUNTEER = 1 as VolunteerId;
const DEVICE = { engine: 'tiny-1', backend: 'cpu', vendor: '', architecture: '' } as const;

/** The tiny job with one volunteer, who is so slow that it is never given a whole batch, and not always right. */
class Training {
  readonly frames: Uint8Array[] = [];
  roomsOut = 0;
  readonly #codec: CodecSpec;
  readonly #job;
  readonly #leases: AssignMessage[] = [];
  readonly #turns: (() => void)[] = [];
  #say: (message: ToHost) => void = () => {};
  #accepted = 0;
  #nowMs = 0;

  constructor(codec: CodecSpec, updates: CodecSpec, open: (start: HostStart) => Loops) {
    const hosted = tinyJob({ codec, updates, steps: STEPS });
    this.#codec = codec;
    this.#job = hosted.job;
    const store = createMemoryStore();
    const start = openRun(store, hosted, false).start!;
    const port = {
      postMessage: (messages: readonly FromHost[]) => {
        for (const message of messages) this.#hear(message);
      },
      on: (_event: 'message', listener: (message: ToHost) => void) => {
        this.#say = listener;
      },
      close() {},
    };
    const clock: Clock = {
      nowMs: () => this.#nowMs,
      wallMs: () => 0,
      every: () => () => {},
      soon: (turn) => void this.#turns.push(turn),
    };
    runHost(port, start, store, clock, this.#counted(open(start)));
    this.#event({ type: 'volunteer-joined', volunteer: VOLUNTEER, account: 'a', device: DEVICE });
  }

  /** In between the job is stopped while a sum is held, and its round begins again. */
  toItsEnd(): void {
    let stopped = false;
    for (let pull = 0; pull < PULLS_MAX && this.frames.length <= STEPS; pull++) {
      this.#event({ type: 'lease-pulled', volunteer: VOLUNTEER });
      for (let lease = this.#leases.shift(); lease !== undefined; lease = this.#leases.shift()) {
        const versions = this.frames.length;
        this.#nowMs += 1_000;
        this.#answer(lease);
        const isHeld = this.#accepted === lease.lease && this.frames.length === versions;
        if (stopped || lease.kind === 'evaluate' || !isHeld) continue;
        stopped = true;
        this.#event({ type: 'stop-asked' });
        this.#leases.length = 0;
        this.#event({ type: 'resume-asked' });
      }
    }
    expect(stopped).toBe(true);
  }

  #answer({ lease, kind, first, count }: AssignMessage): void {
    if (kind === 'evaluate') return this.#evaluate(lease, first, count);
    const samples = count * this.#job.batch.unitSamples;
    if (lease % 5 === 1)
      return this.#contribute(
        lease,
        samples,
        this.#encoded(() => Number.NaN),
      );
    if (lease % 5 === 2) return this.#contribute(lease, samples, new Uint8Array(3));
    this.#contribute(
      NOBODYS_LEASE,
      samples,
      this.#encoded(() => 1),
    );
    this.#contribute(
      lease,
      samples,
      this.#encoded((i) => ((first + 13 * i) % 7) / 3 - 1),
    );
  }

  #evaluate(lease: number, first: number, count: number): void {
    const start = first * EVALUATION.unitSamples;
    const samples = Math.min(EVALUATION.samples, start + count * EVALUATION.unitSamples) - start;
    const sums = { samples, lossSum: samples, metricSum: samples };
    this.#event({ type: 'evaluation-arrived', volunteer: VOLUNTEER, lease: lease as LeaseId, ...sums });
  }

  #contribute(lease: number, samples: number, body: Uint8Array<ArrayBuffer>): void {
    const elements = contributionLength(shapeOf(this.#job));
    const about = {
      volunteer: VOLUNTEER,
      lease: lease as LeaseId,
      samples,
      began: { incarnation: 1, step: 0 },
      computeMs: 1_000,
    };
    this.#tell({ type: 'contribution', ...about, elements, body });
  }

  #encoded(element: (i: number) => number): Uint8Array<ArrayBuffer> {
    const shape = shapeOf(this.#job);
    const vector = Float32Array.from({ length: contributionLength(shape) }, (_, i) => element(i));
    return contributionCodec(this.#codec, shape).encode(vector, 5).slice();
  }

  #event(event: OutsideEvent): void {
    this.#tell({ type: 'event', event });
  }

  #tell(message: ToHost): void {
    this.#say(message);
    for (const turn of this.#turns.splice(0)) turn();
  }

  #hear(message: FromHost): void {
    if (message.type === 'published') this.frames.push(message.frame);
    if (message.type === 'receipt' && message.message.accepted) this.#accepted = message.message.lease;
    if (message.type === 'assign') this.#leases.push(message.message);
    if (message.type === 'failed') throw new Error(message.sentence);
  }

  #counted(loops: Loops): Loops {
    return {
      ...loops,
      room: (length) => {
        const room = loops.room(length);
        if (room !== undefined) this.roomsOut++;
        return room;
      },
      free: (vector) => {
        const own = loops.free(vector);
        if (own) this.roomsOut--;
        return own;
      },
    };
  }
}

const NOBODYS_LEASE = 99_999;
