/** Everything that is loaded only after the yes: the volunteer, and the socket that brings the live ring. */

import type { JobLive } from '@manyhands/protocol';
import { linkVolunteer, type VolunteerMirror } from '@manyhands/volunteer';
import { drawEveryMs, motionFor, setMotion } from '@manyhands/web/motion';
import { paced, type Source } from '@manyhands/web/pace';
import { lastRefused, type Refused } from '@manyhands/web/ring';
import { nothingYet, watch } from '@manyhands/web/watch';

export interface Work {
  setIntensity(intensity: number): void;
  consent(): void;
  stop(): void;
}

const INTENSITY = 0.5;

/** Begins at once; `changed` is called with every change of volunteer or job, and who was refused last. */
export function beginWork(
  job: string,
  changed: (mirror: VolunteerMirror, live: JobLive | undefined, refused: Refused | undefined) => void,
): Work {
  const link = linkVolunteer({ server: location.origin, job, each: false, intensity: INTENSITY });
  const store = nothingYet();
  const sparing = <Value>(source: Source<Value>) => paced(source, () => drawEveryMs('pageMs'));
  // Pace says how often; what is shown then is the newest, or a card would call a volunteer stopped that has just said yes.
  const tell = () => {
    const mirror = link.current();
    if (mirror.device !== undefined) setMotion(motionFor(mirror.device));
    const { live, history } = store.getState();
    changed(mirror, live, lastRefused(history.log));
  };
  link.consent();
  sparing(link).subscribe(tell);
  sparing({ current: store.getState, subscribe: store.subscribe }).subscribe(tell);
  watch(store, job, undefined);
  return link;
}
