/** What a world lets be seen of itself: all that goes into the production core and all that comes out. */

import type { Checkpoint, CoordinatorView, Effect, Event } from '@manyhands/core';

export type Observation =
  /** A server starts from this checkpoint: the first, or what its disk held, under a new incarnation. */
  | { readonly type: 'started'; readonly nowMs: number; readonly from: Checkpoint }
  /** The coordinator is about to be told. The vectors in the event are still whole. */
  | { readonly type: 'telling'; readonly nowMs: number; readonly event: Event }
  /** It has answered. */
  | {
      readonly type: 'told';
      readonly nowMs: number;
      readonly event: Event;
      readonly effects: readonly Effect[];
      readonly view: () => CoordinatorView;
    }
  | { readonly type: 'crashed'; readonly nowMs: number };

export type Observer = (seen: Observation) => void;
