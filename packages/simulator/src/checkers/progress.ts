import type { Job } from '@manyhands/core';
import type { Faults } from '../fault.ts';
import { type Checker, demand } from './checker.ts';

/**
 * [WP1] One honest volunteer that stays is enough: no round takes longer than that one needs for it, and some patience, more
 * of it where more goes wrong.
 */
export function checkProgress(job: Job, faults: Faults): Checker {
  const patienceMs = 150_000 + job.batch.units * 1_000 + faults.size * 100_000;
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
