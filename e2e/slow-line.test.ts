/**
 * A gradient of 8 MiB over a slow line. Server, session, socket and downloads are the real ones; the device is a vector. Every
 * day at an eighth of the time: 16 Mbit/s and 25 ms stand to pings of two seconds as 2 Mbit/s and 200 ms do to those of
 * production. `npm run test:long` waits for the latter, too.
 */

import type { Engine } from '@manyhands/compute';
import { FRAME_HEADER_BYTES, LIMITS } from '@manyhands/protocol';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { removeFolders, startTiny, type TinyServer } from '../apps/server/src/testing/tiny-server.ts';
import { connect, joinMessage } from '../apps/server/src/testing/tiny-volunteer.ts';
import { syntheticJob } from '../bench/synthetic-job.ts';
import { download } from '../packages/volunteer/src/download.ts';
import { PLAIN_CONDITIONS } from '../packages/volunteer/src/governor.ts';
import { Hand } from '../packages/volunteer/src/hand.ts';
import { NO_RESIDUALS } from '../packages/volunteer/src/residual-store.ts';
import { socketConnection } from '../packages/volunteer/src/socket-connection.ts';
import { openSlowLink, type SlowLink } from './slow-link.ts';

const PARAMS = 2 * 1024 * 1024;
const ELEMENTS = PARAMS + 2;
const FRAME_BYTES = FRAME_HEADER_BYTES + ELEMENTS * 4;
const WINDOW_BYTES = LIMITS.chunksOnTheWayMax * LIMITS.chunkBytes;
/** Headers, handshakes, pulls and pongs. */
const TALK_BYTES = 64 * 1024;
const SHORTENED = {
  line: { delayMs: 25, upBytesPerSecond: 2e6 },
  pings: { pingMs: 2_000, pongMs: 1_800 },
  leaseMs: 30_000,
};
const AS_IT_IS = {
  line: { delayMs: 200, upBytesPerSecond: 250_000 },
  pings: { pingMs: LIMITS.pingMs, pongMs: LIMITS.pongMs },
  leaseMs: 240_000,
};
/** Seconds of line, and as many again for a busy machine. */
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });
afterAll(removeFolders);

describe.each([
  ['at an eighth of the time', SHORTENED],
  ...(process.env['MANYHANDS_LONG'] === '1' ? [['at 2 Mbit/s and 200 ms', AS_IT_IS] as const] : []),
] as const)('A long answer %s', (_name, { line, pings, leaseMs }) => {
  let server: TinyServer;
  let link: SlowLink;
  let hand: Hand;
  let lines: number;
  let changed: () => void;
  beforeEach(async () => {
    const job = syntheticJob({
      ...{ params: PARAMS, units: 1, steps: 1_000, heldVectorsMax: 4 },
      deadlineFirstMs: leaseMs,
    });
    server = await startTiny({ job, limits: pings });
    link = await openSlowLink(new URL(server.url), line);
    lines = 0;
    changed = () => {};
    hand = startHand({
      server,
      link,
      onLine: () => lines++,
      onChange: () => changed(),
    });
  });
  afterEach(async () => {
    hand.tell({ type: 'stop-asked' });
    await hand.retired;
    await server.close();
    link.close();
  });

  /** Resolves at the first moment at which this holds. */
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      changed = () => holds() && resolve();
      changed();
    });

  test('[SL1] arrives and no ping goes unanswered', { timeout: leaseMs }, async () => {
    await until(() => hand.mirror().given.units === 1);
    expect(lines).toBe(1);
  });

  test('[SL2] that is cut in the middle goes on from where the server has got to', {
    timeout: leaseMs,
  }, async () => {
    await link.untilUp(FRAME_BYTES / 2);
    link.cut();
    await until(() => hand.mirror().given.units === 1);
    expect(lines).toBe(2);
    expect(link.upBytes).toBeLessThan(FRAME_BYTES + WINDOW_BYTES + TALK_BYTES);
  });

  test('[SL3] of which nothing more comes through leaves the dead line, and its lease is still fulfilled', {
    timeout: leaseMs,
  }, async () => {
    await link.untilUp(FRAME_BYTES / 2);
    link.freeze();
    await until(() => hand.mirror().given.units === 1);
    expect(lines).toBe(2);
    expect(link.upBytes).toBeLessThan(FRAME_BYTES + WINDOW_BYTES + TALK_BYTES);
  });
});

test('[SL4] a server that stops does not wait for the goodbye of a line that is dead', async () => {
  const stopping = await startTiny();
  const dead = await openSlowLink(new URL(stopping.url), SHORTENED.line);
  const socket = await connect(dead.url);
  await socket.emitWithAck('join', joinMessage(stopping.jobId!));
  dead.freeze();
  // A WebSocket alone waits half a minute for the other side.
  await stopping.close();
  socket.disconnect();
  dead.close();
}, 25_000);

/** Only the socket goes over the slow line: what is downloaded is not what is tried here. */
function startHand({
  server,
  link,
  onLine,
  onChange,
}: {
  readonly server: TinyServer;
  readonly link: SlowLink;
  onLine(): void;
  onChange(): void;
}): Hand {
  const open = socketConnection(link.url);
  const begun: Hand = new Hand(
    { server: server.url, job: server.jobId!, account: '5'.repeat(32), conditions: PLAIN_CONDITIONS },
    {
      download,
      openEngine: async () => {
        const engine = vectorEngine();
        return {
          engine,
          choice: {
            ...{ device: engine.device, software: false, passedOver: [] },
            ...{ adapter: '', setting: 'processor', others: [] },
          },
        };
      },
      search: { search: 'none' },
      residuals: NO_RESIDUALS,
      openConnection(hear) {
        onLine();
        return open(hear);
      },
      now: () => performance.now(),
      random: () => 0,
      setAlarm(delayMs, ring) {
        const alarm = setTimeout(ring, delayMs);
        return () => clearTimeout(alarm);
      },
      onChange,
    },
  );
  begun.tell({ type: 'consented' });
  return begun;
}

function vectorEngine(): Engine {
  return {
    name: 'tfjs-cpu',
    device: { engine: 'vector', backend: 'cpu', vendor: '', architecture: '' },
    shape: { params: PARAMS, state: 0 },
    passes: 1,
    encodedGradient: undefined,
    localTraining: undefined,
    lost: new Promise(() => {}),
    setParams() {},
    stage: () => ({ drop() {} }),
    gradient: async () => new Float32Array(ELEMENTS).fill(0.5),
    evaluate: () => Promise.reject(new Error('There is nothing to measure.')),
    predict: () => Promise.reject(new Error('Nobody asks it.')),
    dispose() {},
  };
}
