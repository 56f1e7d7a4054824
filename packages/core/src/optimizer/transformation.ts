/**
 * An optimizer is a chain of pure transformations of one flat vector, as in Optax (Bradbury et al., DeepMind JAX
 * ecosystem, 2020): each has the state it needs, an `init` that makes it and an `update` that maps (updates, state)
 * to (updates', state'). The first of a chain receives the mean gradient, the last gives what is *added* to the parameters.
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
 * `update` rewrites `updates` and `slots` in place: the caller owns both, and a step allocates nothing.
 */
export interface Transformation {
  readonly slots: number;
  update(updates: Float32Array, slots: readonly Float32Array[], context: TransformationContext): void;
}
