/**
 * An optimizer is a chain of pure transformations of one flat vector, as in Optax (DeepMind JAX ecosystem, 2020).
 * The first of a chain receives the mean gradient, each rewrites what the one before left, and what the last leaves
 * is subtracted from the parameters, times the learning rate (`optimizer.ts`).
 *
 * The arithmetic is part of the definition, because whoever repeats a run must get the same bytes: elements are read
 * as float32, a formula is computed in float64 in the order written, and every element is rounded once, when it is
 * stored. ECMAScript demands correct rounding of + − × ÷ and √, and of nothing else: so there is no Math.pow, cos or
 * exp here, and no engine may fuse a multiplication with an addition. Rounding after every operation would be
 * as well defined, but is less exact and takes twice the time in V8. What outlives a step, the slots and the
 * parameters, is canonical (`../canonical.ts`); what is only handed on within a step need not be.
 */

/** What every transformation may look at beside the updates. */
export interface TransformationContext {
  /** Steps applied before this one: 0 at the first update. */
  readonly step: number;
  /** Parameters before the update; read-only. */
  readonly params: Float32Array;
}

/**
 * `slots` is how many vectors of the parameters' length the transformation keeps between steps (0 for a clip, 1 for
 * momentum, 2 for Adam); they start as zeros and are the only state there is, so a checkpoint is a list of vectors.
 * `update` rewrites `updates` and `slots` in place: the caller owns both, and a step allocates no vector.
 */
export interface Transformation {
  readonly slots: number;
  update(updates: Float32Array, slots: readonly Float32Array[], context: TransformationContext): void;
}
