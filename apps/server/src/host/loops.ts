import { contributionLength, keepsMoved, type Loops, plainLoops, shapeOf } from '@manyhands/core';
import { createSimdLoops, roomBytes } from '@manyhands/loops';
import type { HostStart } from './host.ts';

/**
 * The fastest loops that this machine has, with room for parameters and slots, for where an optimizer goes before an
 * update says so, for as many partial sums as the job may hold, and for the one that arrives. A system gives memory when
 * it is touched: room for sums that never wait is free.
 */
export function fastestLoops({ job, from }: HostStart): Loops {
  const vectors = 1 + from.slots.length + (keepsMoved(job) ? 1 : 0);
  const kept = vectors * roomBytes(from.params.length);
  const sums =
    (Math.min(job.lease.heldVectorsMax, job.batch.units) + 1) * roomBytes(contributionLength(shapeOf(job)));
  return createSimdLoops(kept + sums) ?? plainLoops;
}
