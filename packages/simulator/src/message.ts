/**
 * What travels in a world. The same nouns as in the protocol, as plain objects instead of frames: encoding is the
 * protocol's business and is tested there.
 */

import type { DeviceClass, Lease, LeaseId, ParamsVersion } from '@manyhands/core';

export type ToServer =
  /** With the token of its session, when it had one and its line broke. */
  | {
      readonly type: 'join';
      readonly account: string;
      readonly device: DeviceClass;
      readonly token: SessionToken | undefined;
    }
  | { readonly type: 'pull' }
  | {
      readonly type: 'contribute';
      readonly lease: LeaseId;
      readonly samples: number;
      /** With which parameters it was computed. */
      readonly began: ParamsVersion;
      readonly computeMs: number;
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
  /** Still here, with room for so many leases: a pull may have been lost. */
  | { readonly type: 'beat'; readonly room: number };

export type ToVolunteer =
  /** Under the token that was sent: the session goes on. Under another: it is a new one, and what was held is void. */
  | {
      readonly type: 'joined';
      readonly token: SessionToken;
      /** Answers of this session that count: their receipts may have gone down with an older line. */
      readonly accepted: readonly LeaseId[];
    }
  /** All volunteers share one vector, which nobody writes to. */
  | ({ readonly type: 'params' } & Model)
  | { readonly type: 'assign'; readonly lease: Lease }
  | { readonly type: 'receipt'; readonly lease: LeaseId; readonly accepted: boolean }
  | { readonly type: 'beat' }
  /** The connection is no more: what a socket says of itself. */
  | { readonly type: 'closed' };

/** Names a session, in one life of the server. */
export type SessionToken = string;

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
