/**
 * Should another engine compute here? The one decision, without clock, device or memory: readings of the engine at work go in,
 * an advice comes out.
 *
 * What is at work is measured on the leases that it computes anyway. Another engine is tried where it is predicted to be faster
 * by enough to be worth the gap; what was measured long ago is believed until the readings are far from it, in either direction,
 * since a device that is hot, or busy with other tabs, is another one.
 */

import type { EngineName } from '@manyhands/compute';

export type Advice =
  | { readonly advice: 'stay' }
  /** Nothing is measured yet, or it holds no longer: from now on this is what the engine at work needs. */
  | { readonly advice: 'measure-again'; readonly secondsPerSample: number }
  /** The next gap is for this one. */
  | { readonly advice: 'try'; readonly engine: EngineName };

export interface EnginesKnown {
  /** Seconds a sample of the engine at work, each over several leases where these are short; oldest first. */
  readonly readings: readonly number[];
  /** What it needed when it was measured last, in this visit or an earlier one. */
  readonly measured: number | undefined;
  /** What others are predicted to need, or needed when they were tried; those that failed are not among them. */
  readonly others: readonly { readonly engine: EngineName; readonly secondsPerSample: number }[];
  /** False where the class of the device is not this tab's to change: a job that is served by one class at a time. */
  readonly free: boolean;
}

/** Fewer are luck. */
export const READINGS = 3;
/** How many times faster another must be predicted to be. */
export const WORTH_A_GAP = 1.3;
/** How many times slower, or faster, than measured is no longer what was measured. */
export const NO_LONGER_TRUE = 2;

export function advise({ readings, measured, others, free }: EnginesKnown): Advice {
  if (readings.length < READINGS) return { advice: 'stay' };
  const now = middle(readings.slice(-READINGS));
  const holds =
    measured !== undefined && now <= NO_LONGER_TRUE * measured && measured <= NO_LONGER_TRUE * now;
  if (!holds) return { advice: 'measure-again', secondsPerSample: now };
  if (!free) return { advice: 'stay' };
  const [best] = [...others].sort((a, b) => a.secondsPerSample - b.secondsPerSample);
  const worthIt = best !== undefined && best.secondsPerSample * WORTH_A_GAP <= now;
  return worthIt ? { advice: 'try', engine: best.engine } : { advice: 'stay' };
}

/** The upper one of two. */
export function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
