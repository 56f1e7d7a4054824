/**
 * A lease is a volunteer's claim on an aligned block of one round until a deadline. It is also the credit to send
 * one vector: memory is bounded because leases are. It ends exactly once.
 */

import type { ParamsVersion } from './params.ts';
import type { VolunteerId } from './volunteer.ts';
import type { Block, UnitRun } from './work-unit.ts';

declare const leaseId: unique symbol;
/** Unique within an incarnation. */
export type LeaseId = number & { readonly [leaseId]: never };

/** `train` asks for a gradient over a block of the batch; `evaluate` for loss and metric over held-out samples. */
export type WorkKind = 'train' | 'evaluate';

export interface Lease {
  readonly id: LeaseId;
  readonly volunteer: VolunteerId;
  readonly kind: WorkKind;
  /** The parameters to compute with; also names the round. */
  readonly version: ParamsVersion;
  readonly block: Block;
  readonly run: UnitRun;
  readonly grantedAtMs: number;
  /** When its answer should be in, by the pace of its volunteer. */
  readonly expectedAtMs: number;
  readonly deadlineMs: number;
  /** A second copy of a block whose first lease is late, or expected later than this one. */
  readonly backup: boolean;
}

/** After its deadline a lease may be copied; after this, twice its span, it ends, and nobody waits for its answer any more. */
export function abandonedAtMs(grantedAtMs: number, deadlineMs: number): number {
  return grantedAtMs + 2 * (deadlineMs - grantedAtMs);
}

/** fulfilled: its answer counts; superseded: another copy's did; expired: too late; released: given back. */
export type LeaseEnd = 'fulfilled' | 'superseded' | 'expired' | 'released';
