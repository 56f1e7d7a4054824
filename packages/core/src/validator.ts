/**
 * May this answer count, by its form, or why not. Its values are looked at where they are added up, in `reduction` and
 * `evaluation`: one pass over a vector instead of two.
 */

import { type ContributionShape, contributionLength } from './contribution.ts';
import type { EvaluationSums } from './evaluation.ts';
import type { Job } from './job.ts';
import type { Lease } from './lease.ts';
import type { ContributionRefusal } from './refusal.ts';
import { stepsOf } from './strategy.ts';

export function refuseVector(
  vector: Float32Array,
  samples: number,
  lease: Lease,
  job: Job,
  shape: ContributionShape,
): ContributionRefusal | undefined {
  if (lease.kind !== 'train') return 'wrong-length';
  if (vector.length !== contributionLength(shape)) return 'wrong-length';
  return isCountOf(samples, lease, job) ? undefined : 'wrong-count';
}

/** Whole steps: all of them where a unit has one, and otherwise at least one for each unit. */
function isCountOf(samples: number, { run }: Lease, { batch, strategy }: Job): boolean {
  const taken = samples / batch.unitSamples;
  return Number.isInteger(taken) && taken >= run.count && taken <= run.count * stepsOf(strategy);
}

export function refuseEvaluation(
  sums: EvaluationSums,
  lease: Lease,
  job: Job,
): ContributionRefusal | undefined {
  if (lease.kind !== 'evaluate') return 'wrong-length';
  return sums.samples === evaluationSamples(lease, job) ? undefined : 'wrong-count';
}

/** Held-out samples of an evaluation lease; the last unit is cut short. */
function evaluationSamples(lease: Lease, job: Job): number {
  const first = lease.run.first * job.evaluation.unitSamples;
  return Math.min(job.samples.evaluation, first + lease.run.count * job.evaluation.unitSamples) - first;
}
