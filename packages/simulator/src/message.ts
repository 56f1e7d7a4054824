/**
 * What travels in a world. The same nouns as in the protocol, as plain objects instead of frames: encoding is the
 * protocol's business and is tested there.
 */

import type { Lease, LeaseId, ParamsVersion } from '@manyhands/core';

export type ToServer =
  | { readonly type: 'join'; readonly account: string }
  | { readonly type: 'pull' }
  | {
      readonly type: 'contribute';
      readonly lease: LeaseId;
      readonly samples: number;
      readonly vector: Float32Array;
    }
  | {
      readonly type: 'evaluated';
      readonly lease: LeaseId;
      readonly samples: number;
      readonly lossSum: number;
      readonly metricSum: number;
    }
  | { readonly type: 'release'; readonly lease: LeaseId }
  | { readonly type: 'leave' }
  /** Stands for an HTTP request for the newest parameters. */
  | { readonly type: 'fetch' }
  | { readonly type: 'beat' };

export type ToVolunteer =
  | { readonly type: 'joined' }
  /** All volunteers share one vector, which nobody writes to. */
  | ({ readonly type: 'params' } & Model)
  | { readonly type: 'assign'; readonly lease: Lease }
  | { readonly type: 'receipt'; readonly lease: LeaseId }
  | { readonly type: 'beat' }
  /** The connection is no more: what a socket says of itself. */
  | { readonly type: 'closed' };

/** One version with its contents. */
export interface Model {
  readonly version: ParamsVersion;
  readonly params: Float32Array;
  readonly state: Float32Array;
}

/** Bytes on the wire, roughly. */
export function bytesOf(message: ToServer | ToVolunteer): number {
  switch (message.type) {
    case 'contribute':
      return ENVELOPE_BYTES + message.vector.byteLength;
    case 'params':
      return ENVELOPE_BYTES + message.params.byteLength + message.state.byteLength;
    default:
      return ENVELOPE_BYTES;
  }
}

const ENVELOPE_BYTES = 64;
