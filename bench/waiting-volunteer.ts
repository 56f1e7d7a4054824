/**
 * A volunteer with the real protocol on a real socket whose device is a clock: computing a unit is a wait of known length.
 * It pulls the next lease while it computes, as a browser does, and no more of them than it may send messages about, and counts how long it was usefully busy.
 */

import { contributionLength, parseVersion } from '@manyhands/core';
import {
  type AssignMessage,
  encodeFrame,
  LIMITS,
  PROTOCOL_VERSION,
  SOCKET_PATH,
  type ToBrowser,
  type ToServer,
  Uploads,
} from '@manyhands/protocol';
import { io, type Socket } from 'socket.io-client';
import type { WebSocket } from 'ws';
import { allowedAtMs, askedFor, leasesAllowed } from '../packages/volunteer/src/pace.ts';
import { LAYOUT_HASH } from './synthetic-job.ts';

export interface WaitingVolunteer {
  /** Milliseconds of waiting whose answers were accepted. */
  usefulMs(): number;
  accepted(): number;
  close(): void;
  /** Is gone without a word: its line stays open, and nothing comes out of it or goes in any more. */
  vanish(): void;
}

export interface WaitingOptions {
  readonly url: string;
  readonly job: string;
  readonly params: number;
  /** How long a unit takes; 0 answers at once. */
  readonly unitMs: number;
  /** Any number that no other volunteer has. */
  readonly number: number;
}

export async function joinWaiting(options: WaitingOptions): Promise<WaitingVolunteer> {
  const socket: Socket<ToBrowser, ToServer> = io(options.url, {
    path: SOCKET_PATH,
    transports: ['websocket'],
    reconnection: false,
  });
  const elements = contributionLength({ params: options.params, state: 0 });
  const body = new Uint8Array(new Float32Array(elements).fill(1e-3).buffer);
  const uploads = new Uploads((message, bytes, acknowledged) =>
    socket.emit('chunk', message, bytes, acknowledged),
  );
  const queue: AssignMessage[] = [];
  const waits = new Map<number, number>();
  let busy = false;
  let paceFullAtMs = 0;
  let vanished = false;
  let usefulMs = 0;
  let accepted = 0;

  function pull(): void {
    const nowMs = performance.now();
    if (leasesAllowed(paceFullAtMs, nowMs) === 0) {
      setTimeout(pull, allowedAtMs(paceFullAtMs) - nowMs);
      return;
    }
    paceFullAtMs = askedFor(1, paceFullAtMs, nowMs);
    socket.emit('pull');
  }

  function next(): void {
    // Busy first: a lease that came early must stay in the queue.
    const lease = busy ? undefined : queue.shift();
    if (lease === undefined) return;
    busy = true;
    pull();
    const ms = lease.count * options.unitMs;
    waits.set(lease.lease, ms);
    if (ms === 0) setImmediate(() => answer(lease));
    else setTimeout(() => answer(lease), ms);
  }

  function answer(lease: AssignMessage): void {
    if (vanished) return;
    const frame = encodeFrame({
      kind: 'contribution',
      codec: 'float32',
      version: parseVersion(lease.version)!,
      lease: lease.lease,
      samples: lease.count,
      elements,
      computeMs: waits.get(lease.lease)!,
      body,
    });
    if (frame.byteLength > LIMITS.chunkBytes) uploads.add(lease.lease, frame, 0);
    else socket.emit('contribute', frame);
    busy = false;
    next();
  }

  socket.on('dismissed', ({ sentence }) => {
    throw new Error(`Volunteer ${options.number} was sent away: ${sentence}`);
  });
  socket.on('assign', (lease) => {
    queue.push(lease);
    next();
  });
  socket.on('receipt', ({ lease, accepted: counts }) => {
    uploads.end(lease);
    if (counts) {
      accepted++;
      usefulMs += waits.get(lease) ?? 0;
    }
    waits.delete(lease);
  });
  await new Promise((resolve) => socket.once('connect', () => resolve(undefined)));
  const reply = await socket.emitWithAck('join', {
    protocol: PROTOCOL_VERSION,
    job: options.job,
    layoutHash: LAYOUT_HASH,
    device: { engine: 'clock', backend: 'cpu', vendor: '', architecture: '' },
    account: options.number.toString(16).padStart(32, '0'),
  });
  if (!reply.joined) throw new Error(reply.sentence);
  socket.emit('subscribe');
  pull();
  return {
    usefulMs: () => usefulMs,
    accepted: () => accepted,
    close: () => socket.disconnect(),
    vanish() {
      vanished = true;
      // What is not read is not answered, pings included.
      const { ws } = socket.io.engine.transport as unknown as { readonly ws: WebSocket };
      ws.pause();
    },
  };
}
