/** What happened, as the shell tells it to the coordinator. The time comes beside it. */

import type { CodecRefusal } from './codec/codec.ts';
import type { LeaseId } from './lease.ts';
import type { ParamsVersion } from './params.ts';
import type { AccountId, DeviceClass, VolunteerId } from './volunteer.ts';

export type Event =
  | {
      readonly type: 'volunteer-joined';
      readonly volunteer: VolunteerId;
      readonly account: AccountId;
      readonly device: DeviceClass;
    }
  /**
   * Its line broke without a goodbye. It stays a member for as long as the shell is patient: its pulls are forgotten, its
   * leases may be copied at once, and an answer that it still brings counts if it is the first.
   */
  | { readonly type: 'volunteer-lost'; readonly volunteer: VolunteerId }
  /** The same session is back. Its live leases are still its own, and it may pull again. */
  | { readonly type: 'volunteer-returned'; readonly volunteer: VolunteerId }
  /** It is gone for good, with a goodbye or after the shell's patience: what it holds goes back. */
  | { readonly type: 'volunteer-left'; readonly volunteer: VolunteerId }
  /** The volunteer has room for one more lease. */
  | { readonly type: 'lease-pulled'; readonly volunteer: VolunteerId }
  /** The volunteer gives a lease back unfinished. */
  | { readonly type: 'lease-released'; readonly volunteer: VolunteerId; readonly lease: LeaseId }
  | {
      readonly type: 'contribution-arrived';
      readonly volunteer: VolunteerId;
      readonly lease: LeaseId;
      readonly samples: number;
      /** With which parameters it was computed, as it says itself; those of the lease when left out. */
      readonly began?: ParamsVersion;
      /** How long its device computed, as it says itself; the shell bounds it to 0 … time since the lease was sent. 0: not said. */
      readonly computeMs: number;
      /** Decoded; owned by the coordinator from here on. */
      readonly vector: Float32Array;
    }
  /** Its bytes are no vector. */
  | {
      readonly type: 'contribution-unreadable';
      readonly volunteer: VolunteerId;
      readonly lease: LeaseId;
      readonly reason: CodecRefusal;
    }
  | {
      readonly type: 'evaluation-arrived';
      readonly volunteer: VolunteerId;
      readonly lease: LeaseId;
      readonly samples: number;
      readonly lossSum: number;
      readonly metricSum: number;
    }
  /** A checkpoint effect was carried out: this version survives a crash. */
  | { readonly type: 'checkpoint-durable'; readonly version: ParamsVersion }
  /** A checkpoint effect failed: the disk is full, say. Training goes on and the next is tried. */
  | { readonly type: 'checkpoint-failed'; readonly version: ParamsVersion }
  | { readonly type: 'pause-asked' }
  | { readonly type: 'resume-asked' }
  | { readonly type: 'stop-asked' }
  /** The server is about to end: no lease is granted from here on, and `drained` follows when none is live. */
  | { readonly type: 'drain-asked' }
  /** Time passed and nothing else happened: deadlines are looked at. */
  | { readonly type: 'ticked' };
