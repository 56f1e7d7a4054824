/**
 * A contribution is one vector, so that a volunteer reads its device back once, sends once, and the server
 * folds once:
 *
 *     [ summed gradient : P | Σ count × state : S | summed loss : 1 | summed metric : 1 ]
 *
 * P and S are the sizes of the job's two layouts. All lanes are sums over the samples of the block and all
 * are folded by the same `merge`, so the loss that people see is as reproducible as the parameters.
 */

export interface ContributionShape {
  /** Elements of the gradient, P. */
  readonly params: number;
  /** Elements of the non-trainable state, S. */
  readonly state: number;
}

export function contributionLength(shape: ContributionShape): number {
  return shape.params + shape.state + 2;
}

/** Views into one contribution vector; nothing is copied. */
export interface ContributionParts {
  readonly gradientSum: Float32Array;
  readonly stateSum: Float32Array;
  readonly lossSum: number;
  readonly metricSum: number;
}

export function contributionParts(vector: Float32Array, shape: ContributionShape): ContributionParts {
  const stateEnd = shape.params + shape.state;
  return {
    gradientSum: vector.subarray(0, shape.params),
    stateSum: vector.subarray(shape.params, stateEnd),
    lossSum: vector[stateEnd]!,
    metricSum: vector[stateEnd + 1]!,
  };
}
