import type { Job } from '@manyhands/core';
import { type Checker, demand } from './checker.ts';

/** [WP1] One honest volunteer that stays is enough: no round takes longer than that one needs for it, and some patience. */
export function checkProgress(job: Job): Checker {
  const patienceMs = 900_000 + job.batch.units * 1_000;
  let movedAtMs = 0;
  return (seen) => {
    if (seen.type !== 'told') return;
    if (seen.effects.some(({ type }) => type === 'publish')) movedAtMs = seen.nowMs;
    demand(
      seen.nowMs - movedAtMs < patienceMs,
      'WP1',
      () => `nothing was published for ${patienceMs / 1_000} s`,
    );
  };
}
