/**
 * What went wrong and what became of it, over the last minutes: lanes of bars, one lane for each kind of trouble and its
 * remedy. Time is cut into bins of equal length that begin at whole multiples of it, so that a bar stays where it is in its
 * bin, and the strip moves on by one bin at a time.
 */

import type { HistoryPoint } from '@manyhands/protocol';

export const BIN_MS = 5_000;
export const BINS = 60;

/** What happened in one bin of a lane. */
export interface Bar {
  readonly bin: number;
  readonly amount: number;
  /** Whose doing it was; undefined where it was that of several, or of nobody. */
  readonly volunteer: number | undefined;
}

export interface Lane {
  readonly name: LaneName;
  /** Drawn upward; in the colour of the volunteer. */
  readonly up: readonly Bar[];
  /** Drawn downward: the opposite of `up`, or what went wrong with it. */
  readonly down: readonly Bar[];
  readonly upTotal: number;
  readonly downTotal: number;
}

export const LANES = ['people', 'lines', 'again', 'copies', 'second', 'refused', 'kept'] as const;
export type LaneName = (typeof LANES)[number];

/** The bin that holds this moment. */
export function binAt(atMs: number): number {
  return Math.floor(atMs / BIN_MS);
}

/** Lanes over the `BINS` bins that end with `lastBin`; bars are numbered from 0, the oldest. */
export function lanesOf(log: readonly HistoryPoint[], lastBin: number): readonly Lane[] {
  const lanes = new Map(
    LANES.map((name) => [name, { up: new Map<number, Bar>(), down: new Map<number, Bar>() }]),
  );
  const firstBin = lastBin - BINS + 1;
  for (let i = log.length - 1; i >= 0; i--) {
    const { at, entry } = log[i]!;
    const bin = binAt(at) - firstBin;
    if (bin < 0) break;
    for (const { lane, side, amount, volunteer } of marksOf(entry)) {
      if (amount === 0) continue;
      const bars = lanes.get(lane)![side];
      const bar = bars.get(bin);
      const only = bar === undefined || bar.volunteer === volunteer ? volunteer : undefined;
      bars.set(bin, { bin, amount: amount + (bar?.amount ?? 0), volunteer: only });
    }
  }
  return [...lanes].map(([name, { up, down }]) => ({
    name,
    up: [...up.values()],
    down: [...down.values()],
    upTotal: total(up),
    downTotal: total(down),
  }));
}

interface Mark {
  readonly lane: LaneName;
  readonly side: 'up' | 'down';
  readonly amount: number;
  readonly volunteer?: number;
}

/** What a line of the history adds to the lanes; most add nothing. */
function marksOf(entry: HistoryPoint['entry']): readonly Mark[] {
  switch (entry.kind) {
    case 'joined':
      return [{ lane: 'people', side: 'up', amount: 1, volunteer: entry.volunteer }];
    case 'left': {
      const { volunteer, unitsReturned } = entry;
      return [
        { lane: 'people', side: 'down', amount: 1, volunteer },
        { lane: 'again', side: 'up', amount: unitsReturned, volunteer },
      ];
    }
    case 'lost':
      return [{ lane: 'lines', side: 'down', amount: 1, volunteer: entry.volunteer }];
    case 'returned':
      return [{ lane: 'lines', side: 'up', amount: 1, volunteer: entry.volunteer }];
    case 'lease-ended':
      // A superseded lease is not given again: another was first.
      if (entry.end === 'superseded') return [];
      return [{ lane: 'again', side: 'up', amount: entry.units, volunteer: entry.volunteer }];
    case 'class-changed':
      return [{ lane: 'again', side: 'up', amount: entry.units }];
    case 'backup':
      return [{ lane: 'copies', side: 'up', amount: entry.units, volunteer: entry.volunteer }];
    case 'compared': {
      // Two had a part in it, and which of them was wrong is not known.
      return [{ lane: 'second', side: entry.agrees ? 'up' : 'down', amount: 1 }];
    }
    case 'refused':
      return [{ lane: 'refused', side: 'down', amount: 1, volunteer: entry.volunteer }];
    case 'durable':
      return [{ lane: 'kept', side: 'up', amount: 1 }];
    case 'not-durable':
    case 'damaged':
      return [{ lane: 'kept', side: 'down', amount: 1 }];
    default:
      return [];
  }
}

/** Bins in which the server started again. */
export function restartsIn(log: readonly HistoryPoint[], lastBin: number): readonly number[] {
  const firstBin = lastBin - BINS + 1;
  const bins = log.filter(({ entry }) => entry.kind === 'recovered').map(({ at }) => binAt(at) - firstBin);
  return bins.filter((bin) => bin >= 0);
}

function total(bars: ReadonlyMap<number, Bar>): number {
  let sum = 0;
  for (const { amount } of bars.values()) sum += amount;
  return sum;
}
