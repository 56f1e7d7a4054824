/** What page and worker say to each other: wishes in, a mirror out. Nothing here is heavy, for the page loads it. */

import type { Conditions } from './governor.ts';
import type { VolunteerMirror } from './mirror.ts';

export type ToWorker =
  /** Sent once, after the yes: the worker begins at once. */
  | {
      readonly type: 'begin';
      readonly server: string;
      readonly job: string;
      readonly account: string;
      readonly conditions: Conditions;
      readonly backend?: BackendWish;
    }
  | { readonly type: 'conditions'; readonly conditions: Conditions }
  | { readonly type: 'stop' };

export type FromWorker =
  | { readonly type: 'mirror'; readonly mirror: VolunteerMirror }
  /** The visit is over, the goodbye is said: the worker is of no more use. */
  | { readonly type: 'ended' }
  /** A programmer's error: the worker is of no more use either. */
  | { readonly type: 'crashed'; readonly sentence: string };

export type BackendWish = 'webgpu' | 'webgl' | 'wasm' | 'cpu';
