/** Why a contribution may not count. A refusal is a value: it goes back to the volunteer as one sentence and ends nothing else. */
export type ContributionRefusal =
  /** No such lease was ever given to this volunteer. */
  | 'lease-unknown'
  /** The lease was expired, released or answered before. */
  | 'lease-ended'
  /** Another copy of the block was accepted first. */
  | 'already-in'
  /** The vector is not as long as the job's layout says. */
  | 'wrong-length'
  /** The places of what a sparse codec kept are out of order, twice there, too few or past the end. */
  | 'wrong-indices'
  /** The vector holds NaN or infinity. */
  | 'not-finite'
  /** The sample count is not that of the block. */
  | 'wrong-count'
  /** Too many versions have come since it began. */
  | 'too-stale';
