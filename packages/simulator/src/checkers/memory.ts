import type { Job } from '@manyhands/core';
import { type Checker, demand } from './checker.ts';

/**
 * [WM1] Partial sums that wait for a sibling are never more than the job's `heldVectorsMax`. [WM2] Nobody is kept in mind who has
 * left.
 */
export function checkMemory({ lease }: Job): Checker {
  let here = 0;
  return (seen) => {
    if (seen.type === 'started') here = 0;
    if (seen.type !== 'told') return;
    for (const effect of seen.effects) {
      if (effect.type !== 'record') continue;
      if (effect.entry.kind === 'joined') here++;
      if (effect.entry.kind === 'left') here--;
    }
    if (!seen.effects.some(({ type }) => type === 'publish')) return;
    const { heldVectorsPeak, volunteers } = seen.view();
    demand(
      volunteers.length <= here,
      'WM2',
      () => `${volunteers.length} volunteers are known, ${here} are here`,
    );
    demand(
      heldVectorsPeak <= lease.heldVectorsMax,
      'WM1',
      () => `${heldVectorsPeak} partial sums were held where ${lease.heldVectorsMax} are allowed`,
    );
  };
}
