/** How late an event loop is: a timer rings again and again, and what its rings are apart beyond its span is the delay. */

import { type Histogram, type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;

/** One that nobody holds is collected, and measures no more: a name in a module that has run its course does not hold it. */
const watching = new Set<IntervalHistogram>();

/** Measures this thread for as long as it lives. */
export function watchLoop(): IntervalHistogram {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  watching.add(delay);
  return delay;
}

/** The delay that this part of all rings, 0 … 1, did not exceed. */
export function lateSeconds(delay: Histogram, quantile: number): number {
  const apartMs = delay.percentile(quantile * 100) / 1e6;
  return Math.max(0, apartMs - RESOLUTION_MS) / 1e3;
}
