/**
 * How large a block a volunteer gets. Guided self-scheduling (Polychronopoulos and Kuck, 1987) gives everybody half of its
 * share of what is left, so that blocks shrink as a round closes and errors of prediction can still be made good. Here
 * an answer has a price, so a block never shrinks below what pays for it: computing hides sending only where it takes at
 * least as long. The share is what the volunteer can have answered by the horizon of the round; who cannot have answered
 * one unit by then gets none. Where gradients travel in a lossy codec a block is the whole share: there it is no subtree, but any run.
 */

import type { LeasePolicy } from '../job.ts';
import { levelOf, levelWithin } from '../work-unit.ts';
import type { Pace } from './pace.ts';

export interface Claim {
  /** Undefined before its first answer. */
  readonly pace: Pace | undefined;
  /** Units that it can have answered by the horizon. */
  readonly share: number;
  /** Nobody else is there. */
  readonly alone: boolean;
  /** The largest block that it ever answered. */
  readonly provenUnits: number;
  /** An answer is wanted for its whole share at once: each costs bytes, and a lossy codec keeps one residual for all. */
  readonly whole: boolean;
}

/** The most units to give; undefined when it should not be given any. */
export function unitsFor(
  { pace, share, alone, provenUnits, whole }: Claim,
  policy: LeasePolicy,
): number | undefined {
  if (pace === undefined) return 1;
  if (!alone && share < 1) return undefined;
  const { speed, answerMs } = pace;
  const trusted = TRUST * Math.max(1, provenUnits);
  if (whole && !alone) return Math.min(trusted, share);
  const target = levelNearest(speed * Math.max(policy.targetMs, TARGET_ANSWERS * answerMs));
  const most = Math.min(target, levelWithin(trusted));
  if (alone) return 2 ** most;
  const pays = levelOf(speed * answerMs);
  return 2 ** Math.min(most, Math.max(levelWithin(share / 2), Math.min(levelWithin(share), pays)));
}

/** A block may be worth this many answers' time, if `targetMs` is shorter: then three quarters of the time are computing. */
const TARGET_ANSWERS = 3;

/**
 * A block is at most four times as large as one that was answered. Paces are partly what volunteers say of themselves; who
 * exaggerates is found out before much depends on it.
 */
const TRUST = 4;

/** The block whose size is nearest to so many units, as a ratio. */
function levelNearest(units: number): number {
  return units < 1 ? 0 : Math.round(Math.log2(units));
}
