import type { Checkpoint } from './checkpoint.ts';
import type { Effect } from './effect.ts';
import type { Event } from './event.ts';
import type { Job } from './job.ts';
import type { CoordinatorView } from './view.ts';

/** Plays all the nouns of one job: it is told what happened and when, and answers what must now be done. */
export interface Coordinator {
  step(event: Event, nowMs: number): readonly Effect[];
  view(): CoordinatorView;
}

/** A coordinator that goes on from a checkpoint: the initial one, or what recovery read back with a higher incarnation. */
export function createCoordinator(_job: Job, _from: Checkpoint): Coordinator {
  throw new Error('under construction');
}
