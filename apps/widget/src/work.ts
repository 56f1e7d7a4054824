/** Everything that is loaded only after the yes: the volunteer, and the socket that brings the live ring. */

import type { JobLive } from '@manyhands/protocol';
import { linkVolunteer, type VolunteerMirror } from '@manyhands/volunteer';
import { drawEveryMs, motionFor, setMotion } from '@manyhands/web/motion';
import { paced, type Source } from '@manyhands/web/pace';
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
  const sparing = <Value>(source: Source<Value>) => paced(source, () => drawEveryMs('pageMs'));
  const mirror = sparing(link);
  const watching = sparing({ current: store.getState, subscribe: store.subscribe });
  const tell = () => {
    const { device } = mirror.current();
    if (device !== undefined) setMotion(motionFor(device));
    changed(mirror.current(), watching.current().live);
  };
  mirror.subscribe(tell);
  watching.subscribe(tell);
  watch(store, job, undefined);
  link.consent();
  return link;
}
