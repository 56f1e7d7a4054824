/** What page and worker say to each other: wishes in, a mirror out. Nothing here is heavy, for the page loads it. */

import type { Conditions } from './governor.ts';
import type { VolunteerMirror } from './mirror.ts';
import type { RememberedSpeed } from './speed-memory.ts';

export type ToWorker =
  /** Sent first: the worker takes this Web Lock for as long as it lives. */
  | { readonly type: 'live'; readonly lifeline: string }
  /** Sent once, after the yes: the worker begins at once. */
  | {
      readonly type: 'begin';
      readonly server: string;
      readonly job: string;
      readonly account: string;
      readonly conditions: Conditions;
      readonly remembered: readonly RememberedSpeed[];
      /** Forces an engine by its name; a name that is none is not heard. */
      readonly engine?: string;
    }
  | { readonly type: 'conditions'; readonly conditions: Conditions }
  /** The page is about to go: what must outlive it is put away at once. It may come back. */
  | { readonly type: 'rest' }
  | { readonly type: 'stop' };

export type FromWorker =
  /** The lifeline is held: whoever gets it from now on knows that the worker is dead. */
  | { readonly type: 'alive' }
  | { readonly type: 'mirror'; readonly mirror: VolunteerMirror }
  /** To be remembered: only pages can store it. */
  | { readonly type: 'measured'; readonly speed: RememberedSpeed }
  /** The visit is over, the goodbye is said: the worker is of no more use. */
  | { readonly type: 'ended' }
  /** A programmer's error, or the browser took it away: the worker is of no more use either. */
  | { readonly type: 'crashed'; readonly sentence: string };
