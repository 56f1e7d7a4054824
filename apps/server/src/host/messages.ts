/** What the I/O thread and a job's host say to each other. Everything here survives structured cloning. */

import type { Histogram } from 'node:perf_hooks';
import type { AccountId, Event, LeaseId, ParamsVersion, VolunteerId } from '@manyhands/core';
import type {
  AssignMessage,
  HistoryPoint,
  JobLive,
  ReceiptMessage,
  ServingMessage,
  SpeedMessage,
  SpeedRow,
  StatusMessage,
  VolunteerRow,
} from '@manyhands/protocol';

/** Events that come from outside as they are; the host adds those of its own: time, disk and decoded vectors. */
export type OutsideEvent = Extract<
  Event,
  {
    type:
      | 'volunteer-joined'
      | 'volunteer-lost'
      | 'volunteer-returned'
      | 'volunteer-left'
      | 'lease-pulled'
      | 'lease-released'
      | 'evaluation-arrived'
      | 'pause-asked'
      | 'resume-asked'
      | 'stop-asked';
  }
>;

export type ToHost =
  | { readonly type: 'event'; readonly event: OutsideEvent }
  /** The body's buffer is transferred, never copied. */
  | {
      readonly type: 'contribution';
      readonly volunteer: VolunteerId;
      readonly lease: LeaseId;
      readonly samples: number;
      /** With which parameters it was computed, as the volunteer says. */
      readonly began: ParamsVersion;
      /** What the volunteer says, and no longer than its lease has been out. */
      readonly computeMs: number;
      readonly elements: number;
      readonly body: Uint8Array<ArrayBuffer>;
    }
  /** How fast an engine is, as this account says. */
  | { readonly type: 'measured'; readonly account: AccountId; readonly speed: SpeedMessage }
  /** Whether anybody looks at the table of volunteers: it is made only then. */
  | { readonly type: 'rows-wanted'; readonly wanted: boolean }
  /** No lease is given out from here on; answered by `drained` when the running ones have ended. */
  | { readonly type: 'drain' }
  /** Write a last checkpoint and end. */
  | { readonly type: 'close' };

/** A host sends lists of these: everything that one turn of its loop brought, in order. */
export type FromHost =
  /** A new version, encoded once for everybody, and where updates are sent what leads to it; the buffers are transferred. */
  | {
      readonly type: 'published';
      readonly version: string;
      readonly frame: Uint8Array<ArrayBuffer>;
      readonly update: Uint8Array<ArrayBuffer> | undefined;
    }
  | { readonly type: 'assign'; readonly volunteer: VolunteerId; readonly message: AssignMessage }
  | { readonly type: 'receipt'; readonly volunteer: VolunteerId; readonly message: ReceiptMessage }
  | { readonly type: 'status'; readonly status: StatusMessage }
  /** Another class of device serves from here on. */
  | { readonly type: 'serving'; readonly device: ServingMessage }
  | { readonly type: 'live'; readonly live: JobLive }
  | { readonly type: 'rows'; readonly rows: readonly VolunteerRow[] }
  | { readonly type: 'history'; readonly points: readonly HistoryPoint[] }
  /** The whole table, whenever it has changed. */
  | { readonly type: 'speeds'; readonly rows: readonly SpeedRow[] }
  | { readonly type: 'saved'; readonly version: string; readonly tookMs: number }
  /** Checkpoints cannot be written, said when it begins; training goes on in memory. */
  | { readonly type: 'disk-trouble'; readonly sentence: string }
  /** They can be written again. */
  | { readonly type: 'disk-well'; readonly version: string }
  /** How late the host's thread is. The I/O thread reads it as it changes: a histogram that was sent stays the sender's. */
  | { readonly type: 'loop-delay'; readonly delay: Histogram }
  /** The buffer of a contribution that came in chunks and has gone into a sum is transferred back, for another. */
  | { readonly type: 'spare'; readonly buffer: ArrayBuffer }
  | { readonly type: 'drained' }
  /** A programmer's error stopped the job. */
  | { readonly type: 'failed'; readonly sentence: string }
  | { readonly type: 'closed' };

/** The host's end of the line: a `MessagePort`, or what a worker calls `parentPort`. */
export interface HostPort {
  postMessage(messages: readonly FromHost[], transfer: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (message: ToHost) => void): unknown;
  close(): void;
}
