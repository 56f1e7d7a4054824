/** What must now be done, as the coordinator tells it to the shell. The shell carries effects out in order. */

import type { Checkpoint, JobStatus, Measurement } from './checkpoint.ts';
import type { Lease, LeaseEnd, LeaseId } from './lease.ts';
import type { ModelUpdate } from './model-update.ts';
import type { ParamsVersion } from './params.ts';
import type { ContributionRefusal } from './refusal.ts';
import type { DeviceClass, VolunteerId } from './volunteer.ts';

export type Effect =
  /** Send every volunteer the update, or where there is none the new parameters. Both vectors are copies that the receiver owns. */
  | {
      readonly type: 'publish';
      readonly version: ParamsVersion;
      readonly params: Float32Array;
      readonly state: Float32Array;
      readonly update: ModelUpdate | undefined;
    }
  | { readonly type: 'assign'; readonly lease: Lease }
  | { readonly type: 'accept'; readonly volunteer: VolunteerId; readonly lease: LeaseId }
  | {
      readonly type: 'refuse';
      readonly volunteer: VolunteerId;
      readonly lease: LeaseId;
      readonly reason: ContributionRefusal;
    }
  /** Append to the job's history. */
  | { readonly type: 'record'; readonly entry: HistoryEntry }
  /** Make durable, then answer `checkpoint-durable` or `checkpoint-failed`. The receiver owns the vectors. */
  | { readonly type: 'save'; readonly checkpoint: Checkpoint }
  /** Answers `drain-asked`, once: no lease is live and none will be. */
  | { readonly type: 'drained' }
  /** In an exact job: leases go to this class from here on; volunteers are told. */
  | { readonly type: 'serving'; readonly device: DeviceClass }
  /** The status changed; volunteers and pages are told. */
  | { readonly type: 'status'; readonly status: JobStatus };

/** What people may want to look up later. The shell adds the time. */
export type HistoryEntry =
  | {
      readonly kind: 'step';
      readonly training: Measurement;
      readonly durationMs: number;
      readonly gradientNorm: number;
    }
  | { readonly kind: 'evaluation'; readonly evaluation: Measurement }
  | { readonly kind: 'joined'; readonly volunteer: VolunteerId }
  /** Its line broke; `units` are those that it holds and that others may now copy. */
  | { readonly kind: 'lost'; readonly volunteer: VolunteerId; readonly units: number }
  /** It is back, and still holds so many units. */
  | { readonly kind: 'returned'; readonly volunteer: VolunteerId; readonly units: number }
  | { readonly kind: 'left'; readonly volunteer: VolunteerId; readonly unitsReturned: number }
  | {
      readonly kind: 'lease-ended';
      readonly volunteer: VolunteerId;
      readonly units: number;
      readonly end: Exclude<LeaseEnd, 'fulfilled'>;
    }
  | { readonly kind: 'refused'; readonly volunteer: VolunteerId; readonly reason: ContributionRefusal }
  | { readonly kind: 'backup'; readonly volunteer: VolunteerId; readonly units: number }
  /** A second answer, of `volunteer`, was compared with the one of `first` that was merged. It is noted of both. */
  | {
      readonly kind: 'compared';
      readonly volunteer: VolunteerId;
      readonly first: VolunteerId;
      readonly agrees: boolean;
    }
  /**
   * In an exact job the batch of this step, and all that follow, are computed by the class `to`; nothing of it by the class
   * `from`, whose `units` of it were in and are computed again. No class served before the first, and none after a recovery.
   */
  | {
      readonly kind: 'class-changed';
      readonly step: number;
      readonly from?: DeviceClass;
      readonly to: DeviceClass;
      readonly units: number;
    }
  | { readonly kind: 'durable'; readonly version: ParamsVersion }
  | { readonly kind: 'not-durable'; readonly version: ParamsVersion }
  /** Answer after answer held NaN or infinity: the parameters have diverged and the job was paused. */
  | { readonly kind: 'diverged'; readonly step: number }
  | { readonly kind: 'status'; readonly status: JobStatus };
