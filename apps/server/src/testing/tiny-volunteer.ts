/**
 * A volunteer for tests: the real protocol on a real socket, and arithmetic that is a function of parameters, unit and step,
 * so that whoever computes it, the bytes are the same.
 */

import { contributionLength, createReduction, formatVersion, merge, parseVersion } from '@manyhands/core';
import {
  type AssignMessage,
  decodeFrame,
  decodeSafetensors,
  encodeFrame,
  type JoinAnswer,
  type JoinMessage,
  PROTOCOL_VERSION,
  type ReceiptMessage,
  ROUTES,
  SOCKET_PATH,
  type ToBrowser,
  type ToServer,
} from '@manyhands/protocol';
import { io, type Socket } from 'socket.io-client';
import { TINY_LAYOUT_HASH } from './tiny-job.ts';

const UNITS = 4;
const UNIT_SAMPLES = 2;
const EVALUATION = { samples: 6, unitSamples: 4 };
const SHAPE = { params: 6, state: 2 };

export type TinySocket = Socket<ToBrowser, ToServer>;

/** `prepare` may listen before anything can arrive. */
export async function connect(url: string, prepare?: (socket: TinySocket) => void): Promise<TinySocket> {
  const socket: TinySocket = io(url, { path: SOCKET_PATH, transports: ['websocket'], reconnection: false });
  prepare?.(socket);
  await new Promise((resolve) => socket.once('connect', () => resolve(undefined)));
  return socket;
}

export function joinMessage(job: string, changes: Partial<JoinMessage> = {}): JoinMessage {
  return {
    protocol: PROTOCOL_VERSION,
    job,
    layoutHash: TINY_LAYOUT_HASH,
    device: { engine: 'tiny-1', backend: 'cpu', vendor: '', architecture: '' },
    account: 'a'.repeat(32),
    ...changes,
  };
}

export interface TinyVolunteer {
  readonly answer: JoinAnswer;
  /** Versions that a lease asked for and no broadcast had brought. */
  readonly fetched: ReadonlySet<string>;
  stop(): void;
}

/** Joins, works until the job is over or `stop` is called, and fetches what it lacks over HTTP as a browser does. */
export async function work(url: string, job: string): Promise<TinyVolunteer> {
  const versions = new Map<string, Float32Array>();
  const fetched = new Set<string>();
  const socket = await connect(url);
  socket.on('params', (bytes) => {
    const frame = decodeFrame(new Uint8Array(bytes));
    if (typeof frame === 'string') throw new Error(frame);
    if (frame.kind !== 'params') return;
    versions.set(formatVersion(frame.version), new Float32Array(new Uint8Array(frame.body).buffer));
  });
  socket.on('assign', async (lease) => {
    if (!versions.has(lease.version)) {
      fetched.add(lease.version);
      versions.set(lease.version, await fetchParams(url, job, lease.version));
    }
    answerLease(socket, lease, versions.get(lease.version)!);
    socket.emit('pull');
  });
  const answer = await socket.emitWithAck('join', joinMessage(job));
  socket.emit('pull');
  return { answer, fetched, stop: () => void socket.disconnect() };
}

export function answerLease(socket: TinySocket, lease: AssignMessage, params: Float32Array): void {
  if (lease.kind === 'train') socket.emit('contribute', contributionFrame(lease, params));
  else socket.emit('evaluated', { lease: lease.lease, ...evaluation(lease, params) });
}

export function contributionFrame(lease: AssignMessage, params: Float32Array): Uint8Array<ArrayBuffer> {
  const vector = contribution(lease, params);
  return encodeFrame({
    kind: 'contribution',
    codec: 'float32',
    version: parseVersion(lease.version)!,
    lease: lease.lease,
    samples: lease.count * UNIT_SAMPLES,
    computeMs: 1,
    elements: vector.length,
    body: new Uint8Array(vector.buffer),
  });
}

/** The sum over the units of a lease, folded as the tree says. */
export function contribution({ first, count, version }: AssignMessage, params: Float32Array): Float32Array {
  const { step } = parseVersion(version)!;
  const leaves = Array.from({ length: count }, (_, i) => leaf(first + i, step, params));
  if (count === UNITS) {
    const tree = createReduction(UNITS);
    leaves.forEach((vector, index) => {
      tree.add({ level: 0, index }, vector);
    });
    return tree.root!;
  }
  return leaves.length === 1 ? leaves[0]! : merge(leaves[0]!, leaves[1]!);
}

function leaf(unit: number, step: number, params: Float32Array): Float32Array {
  return Float32Array.from({ length: contributionLength(SHAPE) }, (_, i) =>
    Math.fround(Math.sin(params[i % params.length]! + unit * 0.7 + step * 0.1 + i)),
  );
}

function evaluation({ first, count }: AssignMessage, params: Float32Array) {
  const start = first * EVALUATION.unitSamples;
  const samples = Math.min(EVALUATION.samples, start + count * EVALUATION.unitSamples) - start;
  return { samples, lossSum: samples * Math.abs(params[0]!), metricSum: samples / 2 };
}

export async function fetchParams(url: string, job: string, version: string): Promise<Float32Array> {
  const response = await fetch(new URL(ROUTES.params(job, version), url));
  const tensors = decodeSafetensors(new Uint8Array(await response.arrayBuffer()));
  if (typeof tensors === 'string') throw new Error(tensors);
  return new Float32Array(new Uint8Array(Buffer.concat(tensors.map(({ bytes }) => bytes))).buffer);
}

/** The next receipt of this socket. */
export function nextReceipt(socket: TinySocket): Promise<ReceiptMessage> {
  return new Promise((resolve) => socket.once('receipt', resolve));
}

/** The next lease of this socket. */
export function nextLease(socket: TinySocket): Promise<AssignMessage> {
  return new Promise((resolve) => socket.once('assign', resolve));
}
