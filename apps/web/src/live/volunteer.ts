/** The page's volunteer: made when the page opens, ended when it closes, computing only after the yes. */

import {
  type LinkOptions,
  linkVolunteer,
  type VolunteerLink,
  type VolunteerMirror,
} from '@manyhands/volunteer';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { drawEveryMs, motionFor, setMotion } from '../look/motion.ts';
import { paced } from './pace.ts';

/** Where a person starts: enough to be felt by the job, little enough not to be heard in the room. */
const INTENSITY = 0.7;

export interface PageVolunteer {
  readonly link: VolunteerLink;
  readonly mirror: VolunteerMirror;
}

/** Undefined only before the first paint. */
export function useVolunteer(job: string): PageVolunteer | undefined {
  const [link, setLink] = useState<VolunteerLink>();
  useEffect(() => {
    const made = linkVolunteer({ server: location.origin, job, intensity: INTENSITY, ...wishes() });
    setLink(made);
    return () => made.close();
  }, [job]);
  const source = useMemo(() => link && paced(link, () => drawEveryMs('pageMs')), [link]);
  const mirror = useSyncExternalStore(source?.subscribe ?? never, source?.current ?? nothing);
  const device = mirror?.device;
  useEffect(() => {
    if (device !== undefined) setMotion(motionFor(device));
  }, [device]);
  return link === undefined || mirror === undefined ? undefined : { link, mirror };
}

/** What the address asks for: `?each=1`, `?engine=jax-wasm`. */
function wishes(): Pick<LinkOptions, 'each' | 'engine'> {
  const asked = new URLSearchParams(location.search);
  const engine = asked.get('engine');
  return { each: asked.get('each') === '1', ...(engine === null ? {} : { engine }) };
}

function never(): () => void {
  return () => {};
}

function nothing(): undefined {}
