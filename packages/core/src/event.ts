/** What happened, as the shell tells it to the coordinator. The time comes beside it. */

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
      /** Decoded; owned by the coordinator from here on. */
      readonly vector: Float32Array;
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
  /** Time passed and nothing else happened: deadlines are looked at. */
  | { readonly type: 'ticked' };
