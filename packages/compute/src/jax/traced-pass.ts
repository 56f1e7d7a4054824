/** A pass over a model, traced for arrays of certain shapes. */

import { type Array as JaxArray, type Jaxpr, makeJaxpr, numpy as np } from '@jax-js/jax';

/** Of the weights and of what is given besides; it takes all arrays over, and is called once for each shape. */
export type JaxRun = (weights: WeightArrays, given: np.Array[]) => np.Array[];

export interface WeightArrays {
  /** `[P]`. */
  readonly params: np.Array;
  /** `[S]`; none where the model keeps no state. */
  readonly state: np.Array[];
}

export interface TracedPass {
  /** Its inputs: `consts`, parameters, state if there is some, and what is given. */
  readonly jaxpr: Jaxpr;
  /** Arrays that the pass brings with it, which live until it is disposed. */
  readonly consts: readonly JaxArray[];
  /** Numbers of each output. */
  readonly outputs: readonly number[];
  dispose(): void;
}

export type Shape = readonly number[];

/** Computes nothing. */
export function traceRun(
  run: JaxRun,
  { params, state }: { readonly params: number; readonly state: number },
  given: readonly Shape[],
): TracedPass {
  const weights = { params: np.zeros([params]), state: state === 0 ? [] : [np.zeros([state])] };
  const arrays = given.map((shape) => np.zeros([...shape]));
  const traced = makeJaxpr((params: np.Array, state: np.Array[], given: np.Array[]) =>
    run({ params, state }, given),
  )(weights.params, weights.state, arrays).jaxpr;
  for (const array of [weights.params, ...weights.state, ...arrays]) array.dispose();
  return {
    jaxpr: traced.jaxpr,
    consts: traced.consts as JaxArray[],
    outputs: traced.jaxpr.outs.map(({ aval }) => aval.size),
    dispose: () => traced.dispose(),
  };
}
