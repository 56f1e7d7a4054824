/** Everything that is loaded only after the yes: the volunteer, and the socket that brings the live ring. */

import type { JobLive } from '@manyhands/protocol';
import { linkVolunteer, type VolunteerMirror } from '@manyhands/volunteer';
import { nothingYet, watch } from '@manyhands/web/watch';

export interface Work {
  setIntensity(intensity: number): void;
  consent(): void;
  stop(): void;
}

const INTENSITY = 0.5;

/** Begins at once; `changed` is called with every change of either. */
export function beginWork(
  job: string,
  changed: (mirror: VolunteerMirror, live: JobLive | undefined) => void,
): Work {
  const link = linkVolunteer({ server: location.origin, job, each: false, intensity: INTENSITY });
  const store = nothingYet();
  const tell = () => changed(link.current(), store.getState().live);
  link.subscribe(tell);
  store.subscribe(tell);
  watch(store, job, undefined);
  link.consent();
  return link;
}
