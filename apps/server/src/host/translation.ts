/** Between the heart's words and those that travel. */

import {
  float32Codec,
  formatVersion,
  type HistoryEntry,
  type Lease,
  type ModelUpdate,
  type ParamsVersion,
} from '@manyhands/core';
import { type AssignMessage, encodeFrame, type HistoryPoint } from '@manyhands/protocol';

/** One frame for everybody; both vectors are copied into it. */
export function paramsFrame(
  version: ParamsVersion,
  params: Float32Array,
  state: Float32Array,
): Uint8Array<ArrayBuffer> {
  return encodeFrame({
    kind: 'params',
    codec: 'float32',
    version,
    lease: 0,
    samples: 0,
    computeMs: 0,
    elements: params.length + state.length,
    body: [float32Codec.encode(params), float32Codec.encode(state)],
  });
}

/** One frame for everybody who holds the version before. */
export function updateFrame(
  version: ParamsVersion,
  { codec, elements, bytes, fingerprint }: ModelUpdate,
): Uint8Array<ArrayBuffer> {
  return encodeFrame({
    ...{ kind: 'update', codec, version, lease: 0, samples: 0, computeMs: 0, elements },
    body: [Buffer.from(fingerprint, 'hex'), bytes],
  });
}

/** Deadlines travel as a span: clocks of browsers are their own. */
export function assignMessage(lease: Lease, nowMs: number): AssignMessage {
  return {
    lease: lease.id,
    kind: lease.kind,
    version: formatVersion(lease.version),
    first: lease.run.first,
    count: lease.run.count,
    deadlineInMs: Math.max(0, Math.round(lease.deadlineMs - nowMs)),
    ...(lease.backup ? { backup: true } : {}),
  };
}

/** `diskTrouble` is what the disk said last. */
export function historyLine(entry: HistoryEntry, diskTrouble: string): HistoryPoint['entry'] {
  switch (entry.kind) {
    case 'durable':
      return { kind: 'durable', version: formatVersion(entry.version) };
    case 'not-durable':
      return { kind: 'not-durable', version: formatVersion(entry.version), sentence: diskTrouble };
    default:
      return entry;
  }
}
