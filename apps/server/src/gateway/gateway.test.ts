import { contributionCodec, formatVersion, parseVersion } from '@manyhands/core';
import {
  type AssignMessage,
  decodeFrame,
  encodeFrame,
  FRAME_HEADER_BYTES,
  type HistoryPoint,
  type JobLive,
  type JoinAnswer,
  type JoinMessage,
  LIMITS,
  type ReceiptMessage,
  ROUTES,
  type ServingMessage,
  type VolunteerRow,
} from '@manyhands/protocol';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { tinyJob } from '../testing/tiny-job.ts';
import { newFolder, removeFolders, startTiny, type TinyServer } from '../testing/tiny-server.ts';
import {
  answerLease,
  connect,
  contribution,
  contributionFrame,
  fetchParams,
  joinMessage,
  nextLease,
  nextReceipt,
  type TinySocket,
  work,
} from '../testing/tiny-volunteer.ts';

let server: TinyServer;
let sockets: TinySocket[];
beforeEach(async () => {
  server = await startTiny();
  sockets = [];
});
afterEach(async () => {
  for (const socket of sockets) socket.disconnect();
  await server.close();
});
afterAll(removeFolders);

async function visitor(): Promise<TinySocket> {
  const socket = await connect(server.url);
  sockets.push(socket);
  return socket;
}

/** A volunteer with a lease to train; evaluations that come first are answered. */
async function volunteer(): Promise<{ socket: TinySocket; lease: AssignMessage; params: Float32Array }> {
  const socket = await visitor();
  await socket.emitWithAck('join', joinMessage(server.jobId!));
  for (;;) {
    const assigned = nextLease(socket);
    socket.emit('pull');
    const lease = await assigned;
    const params = await fetchParams(server.url, server.jobId!, lease.version);
    if (lease.kind === 'train') return { socket, lease, params };
    const receipt = nextReceipt(socket);
    answerLease(socket, lease, params);
    await receipt;
  }
}

async function refusalOf(socket: TinySocket, frame: Uint8Array): Promise<string | undefined> {
  const receipt = nextReceipt(socket);
  socket.emit('contribute', frame);
  const { accepted, refusal, sentence } = await receipt;
  expect(accepted).toBe(false);
  expect(sentence).toMatch(/^[A-Z].*\.$/);
  return refusal;
}

/** The job still ends, and with the bytes that it always ends with. */
async function expectNothingLost(): Promise<void> {
  for (const socket of sockets) socket.disconnect();
  const healthy = await work(server.url, server.jobId!);
  await server.finished;
  healthy.stop();
  const undisturbed = await startTiny();
  const other = await work(undisturbed.url, undisturbed.jobId!);
  await undisturbed.finished;
  const [view, expected] = [await server.view(), await undisturbed.view()];
  expect(view.durable?.paramsSha256).toBe(expected.durable?.paramsSha256);
  other.stop();
  await undisturbed.close();
}

/** A frame with one 32-bit word of it replaced. */
function spoiled(frame: Uint8Array, byte: number, value: number): Uint8Array {
  const copy = new Uint8Array(frame);
  new DataView(copy.buffer).setUint32(byte, value, true);
  return copy;
}

describe('Who may join', () => {
  test.each([
    ['protocol-version', { protocol: 99 }],
    ['layout-mismatch', { layoutHash: 'cd'.repeat(32) }],
    ['job-unknown', { job: 'nothing' }],
    ['message-malformed', { account: 'me' }],
    ['message-malformed', { device: null }],
  ])('[GW2] a join is refused with %s for %j', async (refusal, changes) => {
    const socket = await visitor();
    const answer = await socket.emitWithAck('join', { ...joinMessage(server.jobId!), ...changes } as never);
    expect(answer).toMatchObject({ joined: false, refusal });
    const receipt = nextReceipt(socket);
    socket.emit('pull');
    expect((await receipt).refusal).toBe('not-joined');
  });

  test('[GW3] a server that is full says when to come again', async () => {
    await server.close();
    server = await startTiny({ limits: { volunteersPerJobMax: 1 } });
    const [first, second] = [await visitor(), await visitor()];
    expect(await first.emitWithAck('join', joinMessage(server.jobId!))).toMatchObject({ joined: true });
    const answer = await second.emitWithAck('join', joinMessage(server.jobId!));
    expect(answer).toMatchObject({ joined: false, refusal: 'server-full', retryAfterMs: 30_000 });
    first.emit('leave', () => {});
    expect(await second.emitWithAck('join', joinMessage(server.jobId!))).toMatchObject({ joined: true });
  });

  test('[GW4] an address with too many sockets gets no more, and is told when to come again', async () => {
    await server.close();
    server = await startTiny({ limits: { socketsPerAddressMax: 1 } });
    const first = await visitor();
    let second: TinySocket | undefined;
    const dismissed = new Promise((resolve) => {
      void connect(server.url, (socket) => {
        second = socket;
        socket.once('dismissed', resolve);
      });
    });
    expect(await dismissed).toMatchObject({ refusal: 'address-full', retryAfterMs: 30_000 });
    second?.disconnect();
    expect(await first.emitWithAck('join', joinMessage(server.jobId!))).toMatchObject({ joined: true });
  });

  test('[GW5] one account may have many volunteers', async () => {
    const answers = await Promise.all(
      [await visitor(), await visitor()].map((socket) =>
        socket.emitWithAck('join', joinMessage(server.jobId!)),
      ),
    );
    expect(answers.map(({ joined }) => joined)).toEqual([true, true]);
    expect(new Set(answers.map((answer) => answer.joined && answer.volunteer)).size).toBe(2);
  });
});

describe('A job that asks to be exact', () => {
  test('[XC12] tells who joins which class of device serves, and everybody when another takes over', async () => {
    await server.close();
    server = await startTiny({ job: tinyJob({ exact: true }) });
    const message = joinMessage(server.jobId!);
    const other = joinMessage(server.jobId!, { device: { ...message.device, vendor: 'other' } });
    const changes = classChanges(2);
    const [first, second] = [await visitor(), await visitor()];
    expect(await first.emitWithAck('join', message)).not.toHaveProperty('serving');
    const serving = nextServing(first);
    const assigned = nextLease(first);
    first.emit('pull');
    expect(await serving).toEqual(message.device);
    await assigned;
    expect(await second.emitWithAck('join', other)).toMatchObject({ serving: message.device });
    expect(await server.view()).toMatchObject({ exact: { serving: message.device } });
    second.emit('pull');
    const turn = [nextServing(second), nextLease(second)] as const;
    first.emit('leave', () => {});
    expect(await turn[0]).toEqual(other.device);
    await turn[1];
    expect(await server.view()).toMatchObject({ exact: { serving: other.device } });
    expect(await changes).toEqual([
      { kind: 'class-changed', step: 0, to: message.device, units: 0 },
      { kind: 'class-changed', step: 0, from: message.device, to: other.device, units: 0 },
    ]);
  });

  /** The first so many of its changes that the history tells. */
  async function classChanges(count: number): Promise<HistoryPoint['entry'][]> {
    const watcher = await visitor();
    const heard: HistoryPoint['entry'][] = [];
    return new Promise((resolve) => {
      watcher.on('history', (points) => {
        heard.push(...points.map(({ entry }) => entry).filter(({ kind }) => kind === 'class-changed'));
        if (heard.length >= count) resolve(heard);
      });
      void watcher.emitWithAck('watch', { job: server.jobId!, historyFrom: 0 });
    });
  }

  function nextServing(socket: TinySocket): Promise<ServingMessage> {
    return new Promise((resolve) => socket.once('serving', resolve));
  }
});

describe('A bad answer is refused by name, and nothing is lost', () => {
  const NOT_FINITE = 0x7fc00000;

  test.each<[string, (good: Uint8Array) => Uint8Array]>([
    ['frame-too-short', (good) => good.subarray(0, 20)],
    ['frame-too-long', () => new Uint8Array(4_096)],
    ['frame-magic', (good) => spoiled(good, 0, 1)],
    ['frame-codec', (good) => spoiled(good, 4, 0x0102)],
    ['frame-length', (good) => good.subarray(0, good.byteLength - 4)],
    ['lease-unknown', (good) => spoiled(good, 16, 4_000)],
    ['lease-unknown', (good) => spoiled(good, 8, 77)],
    ['wrong-count', (good) => spoiled(good, 20, 3)],
    ['not-finite', (good) => spoiled(good, FRAME_HEADER_BYTES + 8, NOT_FINITE)],
    ['not-finite', (good) => spoiled(good, FRAME_HEADER_BYTES, 0x7f800000)],
  ])('[GW6] %s', async (refusal, spoil) => {
    const { socket, lease, params } = await volunteer();
    expect(await refusalOf(socket, spoil(contributionFrame(lease, params)))).toBe(refusal);
    await expectNothingLost();
  });

  test('[GW41] where nobody waits an answer may have begun with newer parameters than its lease names, elsewhere not', async () => {
    const { socket, lease, params } = await volunteer();
    expect(await refusalOf(socket, newer(contributionFrame(lease, params)))).toBe('lease-unknown');
    await server.close();
    server = await startTiny({ job: tinyJob({ strategy: { kind: 'async', stalenessMax: 4 } }) });
    const there = await volunteer();
    const receipt = nextReceipt(there.socket);
    there.socket.emit('contribute', newer(contributionFrame(there.lease, there.params)));
    expect(await receipt).toMatchObject({ lease: there.lease.lease, accepted: true });
  });

  /** The step in its header is one more. */
  function newer(frame: Uint8Array): Uint8Array {
    const view = new DataView(frame.buffer, frame.byteOffset);
    view.setUint32(12, view.getUint32(12, true) + 1, true);
    return frame;
  }

  test('[GW38] a job with a codec takes contributions in it, of their exact length, and no others', async () => {
    await server.close();
    server = await startTiny({ job: tinyJob({ codec: { kind: 'int8' } }) });
    const { socket, lease, params } = await volunteer();
    expect(await refusalOf(socket, contributionFrame(lease, params))).toBe('frame-codec');
    const codec = contributionCodec({ kind: 'int8' }, { params: 6, state: 2 });
    const frame = (answered: AssignMessage, bytesCut = 0) => {
      const vector = contribution(answered, params);
      return encodeFrame({
        ...{ kind: 'contribution', codec: 'int8', version: parseVersion(answered.version)! },
        ...{ lease: answered.lease, samples: 2 * answered.count, computeMs: 1, elements: vector.length },
        body: codec.encode(vector, 1).subarray(bytesCut),
      });
    };
    expect(await refusalOf(socket, frame(lease, 1))).toBe('frame-length');
    const again = nextLease(socket);
    socket.emit('pull');
    const given = await again;
    const receipt = nextReceipt(socket);
    socket.emit('contribute', frame(given));
    expect(await receipt).toMatchObject({ lease: given.lease, accepted: true });
  });

  test('[GW38] of the right length, one that its codec cannot read is refused by the codec’s own word', async () => {
    await server.close();
    server = await startTiny({ job: tinyJob({ codec: { kind: 'top-k', kept: 2, bits: 32 } }) });
    const { socket, lease } = await volunteer();
    const codec = contributionCodec({ kind: 'top-k', kept: 2, bits: 32 }, { params: 6, state: 2 });
    const frame = encodeFrame({
      ...{ kind: 'contribution', codec: 'top-k', version: parseVersion(lease.version)! },
      ...{ lease: lease.lease, samples: 2 * lease.count, computeMs: 1, elements: 10 },
      // All bits are set, so that no place is where another ends.
      body: new Uint8Array(codec.encodedBytes(10)).fill(0xff),
    });
    expect(await refusalOf(socket, frame)).toBe('wrong-indices');
  });

  test('[GW6] frame-kind: parameters are no contribution', async () => {
    const { socket, lease } = await volunteer();
    const body = new Uint8Array(40);
    const version = { incarnation: 1, step: 0 };
    const about = { codec: 'float32', version, lease: lease.lease, samples: 2, computeMs: 1 } as const;
    const frame = { ...about, elements: 10, body };
    expect(await refusalOf(socket, encodeFrame({ kind: 'params', ...frame }))).toBe('frame-kind');
    const shorter = { ...frame, elements: 9, body: new Uint8Array(36) };
    expect(await refusalOf(socket, encodeFrame({ kind: 'contribution', ...shorter }))).toBe('wrong-length');
    await expectNothingLost();
  });

  test('[GW7] the same answer twice counts once', async () => {
    const { socket, lease, params } = await volunteer();
    const frame = contributionFrame(lease, params);
    const first = nextReceipt(socket);
    socket.emit('contribute', frame);
    expect(await first).toMatchObject({ lease: lease.lease, accepted: true });
    expect(await refusalOf(socket, frame)).toBe('lease-ended');
    await expectNothingLost();
  });

  test('[GW8] the lease of another is not answered for it', async () => {
    const [mine, theirs] = [await volunteer(), await volunteer()];
    expect(await refusalOf(mine.socket, contributionFrame(theirs.lease, theirs.params))).toBe(
      'lease-unknown',
    );
    await expectNothingLost();
  });

  test('[GW9] text where bytes belong, and an evaluation that is none', async () => {
    const { socket } = await volunteer();
    expect(await refusalOf(socket, 'no bytes' as never)).toBe('message-malformed');
    const receipt = nextReceipt(socket);
    socket.emit('evaluated', { lease: -1 } as never);
    expect((await receipt).refusal).toBe('message-malformed');
    await expectNothingLost();
  });

  test('[GW40] residuals that volunteers say were lost are counted; what is no count is refused', async () => {
    const { socket } = await volunteer();
    for (const lost of [0, LIMITS.residualsLostMax + 1, 0.5]) {
      const receipt = nextReceipt(socket);
      socket.emit('residual', { lost });
      expect((await receipt).refusal).toBe('message-malformed');
    }
    socket.emit('residual', { lost: 2 });
    const receipt = nextReceipt(socket);
    socket.emit('residual', {} as never);
    await receipt;
    const metrics = await (await server.get('/metrics')).text();
    expect(metrics).toContain('manyhands_residuals_lost_total 2');
  });

  test('[GW35] what a volunteer has measured is in the table of speeds; what is no measurement is refused', async () => {
    const dataDir = newFolder();
    await server.close();
    server = await startTiny({ dataDir });
    const { socket } = await volunteer();
    const speed = { adapter: 'apple', engine: 'tiny-1', backend: 'cpu', secondsPerSample: 0.5 } as const;
    for (const wrong of [{ ...speed, secondsPerSample: 0 }, { ...speed, adapter: 'a'.repeat(65) }, 7]) {
      const receipt = nextReceipt(socket);
      socket.emit('measured', wrong as never);
      expect((await receipt).refusal).toBe('message-malformed');
    }
    socket.emit('measured', speed);
    const receipt = nextReceipt(socket);
    socket.emit('measured', {} as never);
    await receipt;
    // Whose lease nobody waits for. A host that closes has heard all that came before.
    socket.emit('leave', () => {});
    await server.close();
    server = await startTiny({ dataDir });
    const table = await (await server.get(ROUTES.speeds(server.jobId!))).json();
    expect(table).toMatchObject([{ ...speed, accounts: 1 }]);
  });

  test('[GW10] work before joining', async () => {
    expect(await refusalOf(await visitor(), new Uint8Array(72))).toBe('not-joined');
  });

  test('[GW11] after too many refusals a volunteer is asked to leave; being late is no fault', async () => {
    const { socket, lease, params } = await volunteer();
    const frame = contributionFrame(lease, params);
    socket.emit('contribute', frame);
    await nextReceipt(socket);
    for (let i = 0; i < 25; i++) expect(await refusalOf(socket, frame)).toBe('lease-ended');
    const dismissed = new Promise((resolve) => socket.once('dismissed', resolve));
    const disconnected = new Promise((resolve) => socket.once('disconnect', resolve));
    for (let i = 0; i < 20; i++) socket.emit('contribute', new Uint8Array(3));
    expect(await dismissed).toMatchObject({ refusal: 'too-many-refusals' });
    await disconnected;
  });

  test('[GW12] messages faster than the limit end the connection', async () => {
    const { socket } = await volunteer();
    const dismissed = new Promise((resolve) => socket.once('dismissed', resolve));
    for (let i = 0; i < 1_100; i++) socket.emit('pull');
    expect(await dismissed).toMatchObject({ refusal: 'too-many-messages' });
  });
});

describe('What a volunteer holds goes back at once', () => {
  test.each<[string, (socket: TinySocket, lease: number) => void]>([
    ['when its tab closes', (socket) => void socket.disconnect()],
    ['when it leaves', (socket) => void socket.emit('leave', () => {})],
    ['when it releases the lease', (socket, lease) => void socket.emit('release', { lease })],
  ])('[GW13] %s', async (_when, go) => {
    const holders = [await volunteer(), await volunteer(), await volunteer(), await volunteer()];
    const waiting = await visitor();
    await waiting.emitWithAck('join', joinMessage(server.jobId!));
    const next = nextLease(waiting);
    waiting.emit('pull');
    const held = holders.find(({ lease }) => lease.kind === 'train')!;
    go(held.socket, held.lease.lease);
    expect((await next).kind).toBe('train');
  });
});

describe('An answer in chunks', () => {
  /** Resolves with the refusal that the chunk brought, or with nothing once it is acknowledged. */
  async function chunk(
    socket: TinySocket,
    message: unknown,
    bytes: unknown = new Uint8Array(8),
  ): Promise<string | undefined> {
    let refusal: string | undefined;
    const note = (receipt: ReceiptMessage) => {
      refusal ??= receipt.refusal;
    };
    socket.on('receipt', note);
    await socket.emitWithAck('chunk', message as never, bytes as never);
    socket.off('receipt', note);
    return refusal;
  }

  test('[GW22] counts as one that came whole', async () => {
    const { socket, lease, params } = await volunteer();
    const receipt = nextReceipt(socket);
    expect(
      await chunk(socket, { lease: lease.lease, from: 0 }, contributionFrame(lease, params)),
    ).toBeUndefined();
    expect(await receipt).toMatchObject({ lease: lease.lease, accepted: true });
    await expectNothingLost();
  });

  test.each<[string, object, unknown]>([
    ['message-malformed', { from: -1 }, new Uint8Array(8)],
    ['message-malformed', {}, 'no bytes'],
    ['chunk-place', { from: 8 }, new Uint8Array(8)],
    ['chunk-length', {}, new Uint8Array(71)],
    ['frame-magic', {}, new Uint8Array(72)],
    ['lease-ended', { lease: 4_000 }, new Uint8Array(72)],
  ])('[GW23] is refused with %s for %j, and its units go back', async (refusal, place, bytes) => {
    const { socket, lease } = await volunteer();
    expect(await chunk(socket, { lease: lease.lease, from: 0, ...place }, bytes)).toBe(refusal);
    await expectNothingLost();
  });

  test('[GW23] is refused from who has not joined, and where there is no room', async () => {
    expect(await chunk(await visitor(), { lease: 1, from: 0 })).toBe('not-joined');
    await server.close();
    server = await startTiny({ limits: { partialFrameBytesMax: 71 } });
    const { socket, lease, params } = await volunteer();
    const frame = contributionFrame(lease, params);
    expect(await chunk(socket, { lease: lease.lease, from: 0 }, frame)).toBe('chunks-full');
    await expectNothingLost();
  });

  test('[GW24] good chunks are not counted as messages, refused ones are', async () => {
    const { socket } = await volunteer();
    const dismissed = new Promise((resolve) => socket.once('dismissed', resolve));
    for (let i = 0; i < 1_100; i++)
      socket.emit('chunk', { lease: 4_000, from: 0 }, new Uint8Array(8), () => {});
    expect(await dismissed).toMatchObject({ refusal: 'too-many-messages' });
  });

  test('[GW25] a long answer in one message is refused by name', async () => {
    const { socket } = await volunteer();
    expect(await refusalOf(socket, new Uint8Array(LIMITS.chunkBytes + 1))).toBe('frame-too-long');
  });
});

describe('An answer that comes when its round is over', () => {
  /** Somebody who holds a lease until another has answered its block and the next round is open, and then answers. */
  async function tooLate() {
    await server.close();
    const { job, ...rest } = tinyJob();
    server = await startTiny({
      job: { ...rest, job: { ...job, lease: { ...job.lease, deadlineMinMs: 1, deadlineFirstMs: 50 } } },
    });
    const { socket, lease, params } = await volunteer();
    const next = new Promise((resolve) => {
      socket.on('params', (bytes) => {
        const frame = decodeFrame(new Uint8Array(bytes));
        if (typeof frame !== 'string' && formatVersion(frame.version) !== lease.version) resolve(frame);
      });
    });
    const other = await visitor();
    other.on('assign', (assigned) => {
      if (assigned.version !== lease.version) return;
      answerLease(other, assigned, params);
      other.emit('pull');
    });
    await other.emitWithAck('join', joinMessage(server.jobId!));
    other.emit('pull');
    await next;
    return { socket, lease, params };
  }

  /** The comparison that is told to whoever watches. */
  async function compared() {
    const watcher = await visitor();
    const told = new Promise((resolve) => {
      watcher.on('history', (points) => {
        const point = points.find(({ entry }) => entry.kind === 'compared');
        if (point !== undefined) resolve(point.entry);
      });
    });
    await watcher.emitWithAck('watch', { job: server.jobId!, historyFrom: 0 });
    return await told;
  }

  test.each([true, false])(
    '[GW34] is compared with the one that counts, and the outcome told of both: %s',
    async (agrees) => {
      const { socket, lease, params } = await tooLate();
      const vector = agrees ? params : params.map((x) => x + 1);
      expect(await refusalOf(socket, contributionFrame(lease, vector))).toBe('already-in');
      expect(await compared()).toEqual({ kind: 'compared', volunteer: 1, first: 2, agrees });
      await expectNothingLost();
    },
  );

  test('[GW34] in chunks it would be long, and is refused before it is here', async () => {
    const { socket, lease, params } = await tooLate();
    const receipt = nextReceipt(socket);
    socket.emit('chunk', { lease: lease.lease, from: 0 }, contributionFrame(lease, params), () => {});
    expect(await receipt).toMatchObject({ accepted: false, refusal: 'lease-ended' });
  });
});

describe('A line that breaks', () => {
  /** A volunteer with a lease to train, and what it was answered when it joined. */
  async function holder() {
    const socket = await visitor();
    const answer = await socket.emitWithAck('join', joinMessage(server.jobId!));
    if (!answer.joined) throw new Error(answer.sentence);
    const assigned = nextLease(socket);
    socket.emit('pull');
    const lease = await assigned;
    return { socket, answer, lease, params: await fetchParams(server.url, server.jobId!, lease.version) };
  }

  async function join(socket: TinySocket, changes: Partial<JoinMessage> = {}): Promise<JoinAnswer> {
    return await socket.emitWithAck('join', joinMessage(server.jobId!, changes));
  }

  /** Asks again and again until the place of the one volunteer that there may be is free. */
  async function untilThereIsRoom(): Promise<void> {
    for (;;) {
      const socket = await visitor();
      const answer = await join(socket);
      socket.disconnect();
      if (answer.joined) return;
      expect(answer.refusal).toBe('server-full');
    }
  }

  const webSocketOf = (socket: TinySocket) =>
    (
      socket.io.engine.transport as unknown as {
        ws: Pick<WebSocket, 'send' | 'once' | 'close' | 'terminate'>;
      }
    ).ws;

  test.each<[string, (socket: TinySocket) => void]>([
    ['has seen it', (socket) => webSocketOf(socket).terminate()],
    ['takes the old line for whole', () => {}],
  ])('[GW26] takes no lease with it, whether the server %s or not', async (_when, end) => {
    const { socket, answer, lease, params } = await holder();
    end(socket);
    const back = await visitor();
    const resumed = await join(back, { resume: answer.token });
    const leases = [{ lease: lease.lease, received: 0 }];
    expect(resumed).toMatchObject({ volunteer: answer.volunteer, token: answer.token, leases });
    const receipt = nextReceipt(back);
    answerLease(back, lease, params);
    expect(await receipt).toMatchObject({ lease: lease.lease, accepted: true });
    expect(await join(await visitor(), { resume: answer.token })).toMatchObject({ leases: [] });
    await expectNothingLost();
  });

  test('[GW39] and what it had answered is named, as far as it counts, to whoever resumes', async () => {
    const { socket, answer, lease, params } = await holder();
    expect(answer).not.toHaveProperty('accepted');
    const receipt = nextReceipt(socket);
    answerLease(socket, lease, params);
    expect(await receipt).toMatchObject({ accepted: true });
    expect(await refusalOf(socket, contributionFrame(lease, params))).toBe('lease-ended');
    webSocketOf(socket).terminate();
    expect(await join(await visitor(), { resume: answer.token })).toMatchObject({ accepted: [lease.lease] });
  });

  test.each<[string, Partial<JoinMessage>]>([
    ['account', { account: 'b'.repeat(32) }],
    ['device', { device: { engine: 'tiny-2', backend: 'cpu', vendor: '', architecture: '' } }],
    ['token', { resume: '0'.repeat(32) }],
  ])('[GW27] is not resumed with another %s, and who is refused may join anew', async (_what, changes) => {
    const { answer } = await holder();
    const other = await visitor();
    const refusal = await join(other, { resume: answer.token, ...changes });
    expect(refusal).toMatchObject({ joined: false, refusal: 'session-unknown' });
    expect(await join(other)).toMatchObject({ joined: true, leases: [] });
  });

  test('[GW32] does not make its session’s refusals forgotten', async () => {
    await server.close();
    server = await startTiny({ limits: { refusalsPerVolunteerMax: 4 } });
    const { socket, answer } = await holder();
    for (let i = 0; i < 2; i++) expect(await refusalOf(socket, new Uint8Array(3))).toBe('frame-too-short');
    webSocketOf(socket).terminate();
    const back = await visitor();
    expect(await join(back, { resume: answer.token })).toMatchObject({ joined: true });
    expect(await refusalOf(back, new Uint8Array(3))).toBe('frame-too-short');
    const dismissed = new Promise((resolve) => back.once('dismissed', resolve));
    back.emit('contribute', new Uint8Array(3));
    expect(await dismissed).toMatchObject({ refusal: 'too-many-refusals' });
  });

  test('[GW32] nor does one that breaks before the refusal is known', async () => {
    await server.close();
    server = await startTiny({ limits: { refusalsPerVolunteerMax: 2 } });
    const { socket, answer, lease, params } = await holder();
    // As socket.io says it, so that answer and end leave in one breath.
    const line = webSocketOf(socket);
    line.send('451-["contribute",{"_placeholder":true,"num":0}]');
    line.send(spoiled(contributionFrame(lease, params), FRAME_HEADER_BYTES, 0x7fc00000));
    line.close(4000);
    const back = await visitor();
    expect(await join(back, { resume: answer.token })).toMatchObject({ joined: true });
    const dismissed = new Promise((resolve) => back.once('dismissed', resolve));
    back.emit('contribute', new Uint8Array(3));
    expect(await dismissed).toMatchObject({ refusal: 'too-many-refusals' });
  });

  test('[GW33] by a message too long to be read is closed with 1009, is counted, and keeps its leases', async () => {
    const { socket, answer, lease } = await holder();
    const closed = new Promise((resolve) => webSocketOf(socket).once('close', resolve));
    const long = new Uint8Array(LIMITS.messageBytesReadMax + 1);
    // As a stranger would, and socket.io's own client not.
    webSocketOf(socket).send('451-["contribute",{"_placeholder":true,"num":0}]');
    webSocketOf(socket).send(long);
    expect(await closed).toBe(1009);
    const back = await visitor();
    expect(await join(back, { resume: answer.token })).toMatchObject({
      volunteer: answer.volunteer,
      leases: [{ lease: lease.lease, received: 0 }],
    });
    const metrics = await (await server.get('/metrics')).text();
    expect(metrics).toContain('manyhands_refusals_total{reason="frame-too-long"} 1');
  });

  test('[GW28] keeps its place for a while and no longer', async () => {
    await server.close();
    server = await startTiny({ limits: { volunteersPerJobMax: 1, sessionGraceMs: 300 } });
    const { socket, answer } = await holder();
    webSocketOf(socket).terminate();
    expect(await join(await visitor())).toMatchObject({ refusal: 'server-full' });
    await untilThereIsRoom();
    expect(await join(await visitor(), { resume: answer.token })).toMatchObject({
      refusal: 'session-unknown',
    });
  });

  test.each([1000, 1001])('[GW29] with code %i was closed on purpose: nothing is kept', async (code) => {
    await server.close();
    server = await startTiny({ limits: { volunteersPerJobMax: 1 } });
    const { socket } = await holder();
    webSocketOf(socket).close(code);
    await untilThereIsRoom();
  });

  test('[GW29] by engine.io itself, which closes without a code, was not', async () => {
    const { socket, answer } = await holder();
    const closed = new Promise((resolve) => socket.once('disconnect', resolve));
    webSocketOf(socket).close();
    await closed;
    expect(await join(await visitor(), { resume: answer.token })).toMatchObject({
      volunteer: answer.volunteer,
    });
  });
});

describe('Who only watches', () => {
  test('[GW15] sees the run live, and its history from where it left off, without gaps', async () => {
    const worker = await work(server.url, server.jobId!);
    await server.finished;
    const socket = await visitor();
    const history = new Promise<readonly HistoryPoint[]>((resolve) => socket.once('history', resolve));
    const answer = await socket.emitWithAck('watch', { job: server.jobId!, historyFrom: 2 });
    expect(answer).toMatchObject({ watching: true, admin: false, live: { job: { status: 'finished' } } });
    const points = await history;
    expect(points.map(({ index }) => index)).toEqual(points.map((_, i) => i + 2));
    expect(points.filter(({ entry }) => entry.kind === 'step')).toHaveLength(5);
    worker.stop();
  });

  test('[GW16] is told of changes', async () => {
    const socket = await visitor();
    await socket.emitWithAck('watch', { job: server.jobId! });
    const live = new Promise<JobLive>((resolve) => {
      socket.on('live', (message) => message.job.volunteers.connected === 1 && resolve(message));
    });
    const { lease } = await volunteer();
    const { round } = await live;
    expect(round?.cells.some(([first, count]) => first === lease.first && count === lease.count)).toBe(
      lease.kind === 'train',
    );
  });

  test('[GW17] sees the table of volunteers with the admin token only', async () => {
    const [admin, liar] = [await visitor(), await visitor()];
    const wrong = await liar.emitWithAck('watch', { job: server.jobId!, token: 'x'.repeat(32) });
    expect(wrong).toMatchObject({ watching: false, refusal: 'token-wrong' });
    const rows = new Promise<readonly VolunteerRow[]>((resolve) => admin.once('volunteers', resolve));
    const right = await admin.emitWithAck('watch', { job: server.jobId!, token: server.adminToken });
    expect(right).toMatchObject({ watching: true, admin: true });
    await volunteer();
    expect((await rows)[0]).toMatchObject({ engine: 'tiny-1', backend: 'cpu', refused: 0 });
  });

  test('[GW18] a job that is not there, and a message that is none', async () => {
    const socket = await visitor();
    expect(await socket.emitWithAck('watch', { job: 'nothing' })).toMatchObject({ refusal: 'job-unknown' });
    expect(await socket.emitWithAck('watch', {} as never)).toMatchObject({ refusal: 'message-malformed' });
  });
});

describe('A server that stops', () => {
  test('[GW19] tells its volunteers to come again', async () => {
    const stopping = await startTiny({ dataDir: newFolder() });
    const socket = await connect(stopping.url);
    await socket.emitWithAck('join', joinMessage(stopping.jobId!));
    const dismissed = new Promise((resolve) => socket.once('dismissed', resolve));
    await stopping.close();
    expect(await dismissed).toMatchObject({ refusal: 'server-stopping' });
  });
});
