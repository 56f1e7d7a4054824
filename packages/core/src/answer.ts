/** An answer to a lease, as the coordinator weighs it: what kind of work it answers makes no difference there. */

import type { CodecRefusal } from './codec/codec.ts';
import type { ContributionShape } from './contribution.ts';
import type { EvaluationSums } from './evaluation.ts';
import type { Gradient } from './gathering.ts';
import { type Imprint, imprintOfEvaluation, imprintOfVector } from './imprint.ts';
import type { Job } from './job.ts';
import type { Lease } from './lease.ts';
import { isSuccessor, type ParamsVersion } from './params.ts';
import type { ContributionRefusal } from './refusal.ts';
import type { Round } from './round.ts';
import { refuseEvaluation, refuseVector } from './validator.ts';

export interface Answer {
  /** As the volunteer says; 0 when it does not. */
  readonly computeMs: number;
  readonly samples: number;
  /** What is wrong with its form. */
  refuse(lease: Lease, round: Round): ContributionRefusal | undefined;
  /** What will stand for its values, to be taken before they are added; undefined when they are not finite. */
  imprint(sketchSeed: number | undefined): Imprint | undefined;
  /** Adds its values to the round's; false, and nothing has changed, when they are not finite. */
  add(lease: Lease, round: Round): boolean;
}

export function gradientAnswer(
  sent: Omit<Gradient, 'began'> & { readonly began?: ParamsVersion; readonly computeMs: number },
  job: Job,
  shape: ContributionShape,
): Answer {
  const { vector, samples, computeMs } = sent;
  /** Newer parameters may have come after the lease, never older ones. */
  const beganOf = ({ version }: Lease) =>
    sent.began !== undefined && isSuccessor(sent.began, version) ? sent.began : version;
  return {
    computeMs,
    samples,
    refuse: (lease, { gathering }) =>
      refuseVector(vector, samples, lease, job, shape) ??
      (gathering.isStale(beganOf(lease)) ? 'too-stale' : undefined),
    imprint: (sketchSeed) => imprintOfVector(vector, shape, sketchSeed),
    add: (lease, { gathering }) => gathering.add(lease, { vector, samples, began: beganOf(lease) }),
  };
}

/** It is refused as any other is: when it answers a lease that lives, that goes back at once. */
export function unreadableAnswer(reason: CodecRefusal): Answer {
  return { computeMs: 0, samples: 0, refuse: () => reason, imprint: () => undefined, add: () => false };
}

export function evaluationAnswer(sums: EvaluationSums, job: Job): Answer {
  return {
    computeMs: 0,
    samples: sums.samples,
    refuse: (lease) => refuseEvaluation(sums, lease, job),
    imprint: (sketchSeed) => imprintOfEvaluation(sums, sketchSeed),
    add: (lease, round) => round.evaluation.add(lease.run.first, sums),
  };
}
