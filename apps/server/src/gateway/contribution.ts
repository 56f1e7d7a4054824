/** From the bytes of a socket to a message for the host, or the reason why not. Nothing is decoded here. */

import {
  type Codec,
  type ContributionShape,
  contributionCodec,
  contributionLength,
  type Job,
  type LeaseId,
  mayBeginWith,
  shapeOf,
  stalenessMaxOf,
  type VolunteerId,
} from '@manyhands/core';
import { decodeFrame, FRAME_HEADER_BYTES, type Refusal } from '@manyhands/protocol';
import type { ToHost } from '../host/messages.ts';
import type { LeaseBook } from './lease-book.ts';

export type Contribution = Extract<ToHost, { readonly type: 'contribution' }>;

export interface RefusedFrame {
  readonly refusal: Refusal;
  /** The lease that the frame names; 0 when its header could not be read. */
  readonly lease: number;
}

/** What every contribution to the hosted job is like. */
export interface ContributionForm {
  readonly shape: ContributionShape;
  readonly codec: Codec;
  /** Versions that may have come since an answer began. */
  readonly stalenessMax: number;
}

/** Without a job none is expected. */
export function contributionForm(job: Job | undefined): ContributionForm {
  const shape = job === undefined ? { params: 0, state: 0 } : shapeOf(job);
  return {
    shape,
    codec: contributionCodec(job?.codec ?? { kind: 'float32' }, shape),
    stalenessMax: stalenessMaxOf(job?.strategy ?? { kind: 'sync' }),
  };
}

/** Length of every frame that answers a lease to train: the model's layout and the codec fix it. */
export function contributionFrameBytes({ shape, codec }: ContributionForm): number {
  return FRAME_HEADER_BYTES + codec.encodedBytes(contributionLength(shape));
}

/** Takes the bytes over. */
export function readContribution(
  frameBytes: Uint8Array,
  volunteer: VolunteerId,
  form: ContributionForm,
  leases: LeaseBook,
  nowMs: number,
): Contribution | RefusedFrame {
  const elements = contributionLength(form.shape);
  if (frameBytes.byteLength > FRAME_HEADER_BYTES + elements * BYTES_PER_ELEMENT_MAX)
    return { refusal: 'frame-too-long', lease: 0 };
  const frame = decodeFrame(frameBytes);
  if (typeof frame === 'string') return { refusal: frame, lease: 0 };
  const { lease, samples } = frame;
  if (frame.kind !== 'contribution') return { refusal: 'frame-kind', lease };
  if (frame.codec !== form.codec.name) return { refusal: 'frame-codec', lease };
  if (frame.elements !== elements) return { refusal: 'wrong-length', lease };
  if (frameBytes.byteLength !== contributionFrameBytes(form)) return { refusal: 'frame-length', lease };
  const given = leases.get(lease);
  // The number alone is not enough: after a restart another lease may have it.
  if (given !== undefined && !mayBeginWith(frame.version, given.version, form.stalenessMax))
    return { refusal: 'lease-unknown', lease };
  // Nobody computed for longer than the lease was out.
  const computeMs = given === undefined ? 0 : Math.min(frame.computeMs, Math.floor(nowMs - given.givenAtMs));
  const body = owned(frame.body);
  return {
    ...{ type: 'contribution', volunteer, lease: lease as LeaseId, samples, began: frame.version, computeMs },
    ...{ elements, body },
  };
}

/** Twice what any codec needs: whatever is longer is not even looked into. */
const BYTES_PER_ELEMENT_MAX = 8;

export function asBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
}

/**
 * A buffer that a large message has to itself goes to the host as it is. A small one is a slice of Node's pool, which
 * others still read: it is copied, once.
 */
function owned(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = body;
  const hasItToItself =
    buffer instanceof ArrayBuffer &&
    byteOffset === FRAME_HEADER_BYTES &&
    buffer.byteLength === byteOffset + byteLength;
  return hasItToItself ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(body);
}
