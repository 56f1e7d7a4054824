/** Whose answer was refused last: the ring shows it as a brief notch. */

import type { HistoryPoint } from '@manyhands/protocol';

export interface Refused {
  readonly volunteer: number;
  /** Index in the history: tells two refusals apart. */
  readonly at: number;
}

/** Undefined where nothing in `log` was refused. */
export function lastRefused(log: readonly HistoryPoint[]): Refused | undefined {
  const point = log.findLast(({ entry }) => entry.kind === 'refused');
  if (point?.entry.kind !== 'refused') return undefined;
  return { volunteer: point.entry.volunteer, at: point.index };
}
