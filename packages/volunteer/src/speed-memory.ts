/**
 * What this browser has measured in earlier visits, so that it begins with its fastest engine: engine, adapter, job's layout
 * and a number of seconds, and nothing else. It is told to the server only as a new measurement is, and goes with the site's data.
 */

import type { EngineSpeed } from '@manyhands/compute';

/** What it is stored under. */
const KEY = 'manyhands.speeds';
/** The newest are kept. */
const REMEMBERED_MAX = 32;

export interface RememberedSpeed extends EngineSpeed {
  /** The job as far as it decides what is computed. */
  readonly layoutHash: string;
}

type SpeedStorage = () => Pick<Storage, 'getItem' | 'setItem'>;

/** Oldest first, one for each job, adapter and engine. Empty where the browser keeps nothing, or something else. */
export function rememberedSpeeds(storage: SpeedStorage): readonly RememberedSpeed[] {
  try {
    // Reading `localStorage` itself throws where storage is denied.
    const kept: unknown = JSON.parse(storage().getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isSpeed).slice(-REMEMBERED_MAX) : [];
  } catch {
    return [];
  }
}

/** Takes the place of what was remembered of the same. */
export function rememberSpeed(storage: SpeedStorage, speed: RememberedSpeed): void {
  const others = rememberedSpeeds(storage).filter((one) => !isOfTheSame(one, speed));
  try {
    storage().setItem(KEY, JSON.stringify([...others, speed].slice(-REMEMBERED_MAX)));
  } catch {
    // Then it is measured again in the next visit.
  }
}

function isOfTheSame(a: RememberedSpeed, b: RememberedSpeed): boolean {
  return a.layoutHash === b.layoutHash && a.adapter === b.adapter && a.engine === b.engine;
}

function isSpeed(kept: unknown): kept is RememberedSpeed {
  if (typeof kept !== 'object' || kept === null) return false;
  const { layoutHash, adapter, engine, secondsPerSample } = kept as Partial<RememberedSpeed>;
  return (
    typeof layoutHash === 'string' &&
    typeof adapter === 'string' &&
    typeof engine === 'string' &&
    typeof secondsPerSample === 'number' &&
    secondsPerSample > 0
  );
}
