/** The word-sized trends beside the numbers, from what the history says, so that they are there when a page opens. */

import type { HistoryPoint } from '@manyhands/protocol';
import type { RunHistory } from './history.ts';

const WINDOWS = 40;

/** Samples a second over each of the last windows of `windowMs`, oldest first; null before the first step. */
export function speedTrend(history: RunHistory, nowMs: number, windowMs: number): readonly (number | null)[] {
  const { steps, endedMs, samples } = history;
  const sums = new Array<number>(WINDOWS).fill(0);
  const from = nowMs - WINDOWS * windowMs;
  for (let i = endedMs.length - 1; i >= 0 && endedMs[i]! >= from; i--) {
    const window = Math.min(WINDOWS - 1, Math.floor((endedMs[i]! - from) / windowMs));
    // Batches are all of one size, and a step stands for those that were thinned away before it.
    sums[window]! += samples[i]! * (steps[i]! - (steps[i - 1] ?? steps[i]! - 1));
  }
  const begin = endedMs[0] ?? nowMs;
  return sums.map((sum, i) => (from + (i + 1) * windowMs <= begin ? null : sum / (windowMs / 1000)));
}

/** How many volunteers were connected after each of the last joins and leaves, ending with how many are now. */
export function crowdTrend(log: readonly HistoryPoint[], connected: number): readonly number[] {
  const trend = [connected];
  let crowd = connected;
  for (const { entry } of log.toReversed()) {
    if (entry.kind === 'recovered' || trend.length === WINDOWS) break;
    if (entry.kind === 'joined') crowd--;
    else if (entry.kind === 'left') crowd++;
    else continue;
    trend.unshift(crowd);
  }
  return trend;
}
