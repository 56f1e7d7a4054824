/** May this contribution count, or why not. Whatever it admits is finite and canonical, and can be merged. */

import { canonicalize } from './canonical.ts';
import { type ContributionShape, contributionLength } from './contribution.ts';
import type { EvaluationSums } from './evaluation.ts';
import type { Job } from './job.ts';
import type { Lease } from './lease.ts';
import type { ContributionRefusal } from './refusal.ts';

/** Admits a training vector and brings it into canonical form in place. */
export function refuseVector(
  vector: Float32Array,
  samples: number,
  lease: Lease,
  job: Job,
  shape: ContributionShape,
): ContributionRefusal | undefined {
  if (lease.kind !== 'train') return 'wrong-length';
  if (vector.length !== contributionLength(shape)) return 'wrong-length';
  if (samples !== lease.run.count * job.batch.unitSamples) return 'wrong-count';
  return canonicalize(vector) ? undefined : 'not-finite';
}

export function refuseEvaluation(
  sums: EvaluationSums,
  lease: Lease,
  job: Job,
): ContributionRefusal | undefined {
  if (lease.kind !== 'evaluate') return 'wrong-length';
  if (sums.samples !== evaluationSamples(lease, job)) return 'wrong-count';
  return Number.isFinite(sums.lossSum) && Number.isFinite(sums.metricSum) ? undefined : 'not-finite';
}

/** Held-out samples of an evaluation lease; the last unit is cut short. */
function evaluationSamples(lease: Lease, job: Job): number {
  const first = lease.run.first * job.evaluation.unitSamples;
  return Math.min(job.samples.evaluation, first + lease.run.count * job.evaluation.unitSamples) - first;
}
