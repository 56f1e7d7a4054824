import type { Job } from '@manyhands/core';
import { type Checker, demand } from './checker.ts';

/** [WM1] Partial sums that wait for a sibling are never more than the job's `heldVectorsMax`. */
export function checkMemory({ lease }: Job): Checker {
  return (seen) => {
    if (seen.type !== 'told' || !seen.effects.some(({ type }) => type === 'publish')) return;
    const { heldVectorsPeak } = seen.view();
    demand(
      heldVectorsPeak <= lease.heldVectorsMax,
      'WM1',
      () => `${heldVectorsPeak} partial sums were held where ${lease.heldVectorsMax} are allowed`,
    );
  };
}
