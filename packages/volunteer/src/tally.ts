/** What this device gave in this visit and how fast it is: numbers for the person, who should see them be true. */

import { formatVersion, type ParamsVersion } from '@manyhands/core';
import type { VolunteerMirror } from './mirror.ts';

export interface Tally {
  readonly given: VolunteerMirror['given'];
  /** Newest step that was given to; rounds are counted as they come, and they come in order. */
  readonly round: string;
  /** Work of the last ten seconds, oldest first. */
  readonly recent: readonly { readonly fromMs: number; readonly toMs: number; readonly samples: number }[];
}

/** What of a lease is counted. */
interface AcceptedWork {
  readonly kind: 'train' | 'evaluate';
  readonly run: { readonly count: number };
  readonly version: ParamsVersion;
}

export const EMPTY_TALLY: Tally = { given: { units: 0, samples: 0, rounds: 0 }, round: '', recent: [] };

/** A piece of work was computed here, whether or not it will count. */
export function tallyWork(tally: Tally, samples: number, fromMs: number, toMs: number): Tally {
  const recent = tally.recent.filter((work) => work.toMs > toMs - WINDOW_MS);
  return { ...tally, recent: [...recent, { fromMs, toMs, samples }] };
}

/** The server took a piece of work: from here on it counts. */
export function tallyAccepted(tally: Tally, { kind, run, version }: AcceptedWork, samples: number): Tally {
  // A check moves nothing: after the last step comes one that no step follows.
  const round = kind === 'train' ? formatVersion(version) : tally.round;
  return {
    ...tally,
    round,
    given: {
      units: tally.given.units + run.count,
      samples: tally.given.samples + samples,
      rounds: tally.given.rounds + (round === tally.round ? 0 : 1),
    },
  };
}

/** Over the last ten seconds, or since the first of them that saw work; undefined before there was any. */
export function samplesPerSecond(tally: Tally, nowMs: number): number | undefined {
  if (tally.recent.length === 0) return undefined;
  const recent = tally.recent.filter((work) => work.toMs > nowMs - WINDOW_MS);
  if (recent.length === 0) return 0;
  const samples = recent.reduce((sum, work) => sum + work.samples, 0);
  const sinceMs = Math.max(recent[0]!.fromMs, nowMs - WINDOW_MS);
  return (samples * 1_000) / Math.max(1, nowMs - sinceMs);
}

const WINDOW_MS = 10_000;
