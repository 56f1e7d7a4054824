/** What a world lets be seen of itself: all that goes into the production core and all that comes out. */

import type { Checkpoint, CoordinatorView, Effect, Event, ParamsVersion, Units } from '@manyhands/core';

export type Observation =
  /** A server starts from this checkpoint: the first, or what its disk held, under a new incarnation. */
  | {
      readonly type: 'started';
      readonly nowMs: number;
      readonly from: Checkpoint;
      /** Its name when it was found. */
      readonly source: ParamsVersion | undefined;
      /** Of all accounts, as the disk has it. */
      readonly credit: Units;
    }
  /** The coordinator is about to be told of an answer, whose vector is still whole. */
  | {
      readonly type: 'answering';
      readonly nowMs: number;
      readonly event: Event & { readonly type: 'contribution-arrived' };
    }
  /** It has answered. */
  | {
      readonly type: 'told';
      readonly nowMs: number;
      readonly event: Event;
      readonly effects: readonly Effect[];
      readonly view: () => CoordinatorView;
    }
  /** The server died, or ended after it had drained. */
  | { readonly type: 'crashed' | 'ended'; readonly nowMs: number }
  /** A checkpoint that was durable no longer has the bytes that were written. */
  | { readonly type: 'rotted'; readonly nowMs: number; readonly version: ParamsVersion }
  /** The job is finished, the power went, and this is what the disk still holds. */
  | {
      readonly type: 'reopened';
      readonly nowMs: number;
      readonly found: Checkpoint | undefined;
      readonly credit: Units;
    }
  | WithholdingObservation;

/** Of volunteers, where the codec of a job leaves something out. A lease is named `incarnation/id`. */
type WithholdingObservation =
  /** An answer was encoded. */
  | {
      readonly type: 'withheld';
      readonly account: string;
      readonly lease: string;
      readonly given: Float32Array;
      readonly decoded: Float32Array;
    }
  /** The session is given up in which their receipts might have come. */
  | { readonly type: 'disowned'; readonly account: string; readonly leases: readonly string[] }
  /** It died with its tab. */
  | { readonly type: 'residual-lost'; readonly account: string }
  /** In the end. */
  | {
      readonly type: 'left-over';
      readonly account: string;
      readonly residual: Float32Array;
      readonly onTheWay: readonly {
        readonly lease: string;
        readonly lent: Float32Array;
        readonly leftOut: Float32Array;
      }[];
    };

export type Observer = (seen: Observation) => void;
