/**
 * A layer of a Keras topology as a pure function in jax-js. A file of `layers/` holds the rules of one family: a rule reads
 * a layer's config once and answers with the layer's shapes and its function, or says why it cannot be had here.
 *
 * Ownership in jax-js is by reference count: whoever uses an array a second time writes `x.ref` the first. A layer owns what
 * it is called with. All of this runs only while a function is traced, where an array that is not used costs nothing:
 * so nothing needs to be disposed of.
 */

import type { numpy as np } from '@jax-js/jax';

export type Shape = readonly number[];
export type LayerConfig = Readonly<Record<string, unknown>>;

/** What a layer is made from: its config, and the shapes of its inputs without the axis of samples. */
export interface LayerPlace {
  readonly name: string;
  readonly config: LayerConfig;
  readonly inputShapes: readonly Shape[];
}

export type LayerRule = (place: LayerPlace) => JaxLayer;

export interface JaxLayer {
  /** Shape of the output for one sample. */
  readonly outputShape: Shape;
  /** Trainable weights in the order in which TF.js creates them; their names are those of Keras. */
  readonly params?: readonly WeightSpec[];
  /** Weights that are kept and not trained, in the same order. */
  readonly state?: readonly WeightSpec[];
  /** A mask of its own for each pass in training: `elements` a sample. */
  readonly dropout?: { readonly rate: number; readonly elements: number };
  /** Its answer for a sample depends on those beside it. */
  readonly mixes?: true;
  /** Its input is looked up in a table of so many rows: whole numbers below this. */
  readonly classes?: number;
  apply(call: LayerCall): np.Array;
}

export interface WeightSpec {
  /** As in the config: `kernel` has `kernel_regularizer`. */
  readonly name: string;
  readonly shape: Shape;
}

/** All arrays have the samples first. */
export interface LayerCall {
  readonly inputs: readonly np.Array[];
  readonly params: readonly np.Array[];
  readonly state: readonly np.Array[];
  readonly training: boolean;
  /** `[samples, elements]`; there in training for a layer that has a dropout. */
  readonly mask: np.Array | undefined;
  /** Hands out what the state becomes; a layer that is not trained, or keeps its state, says nothing. */
  keep(state: readonly np.Array[]): void;
}

/** The layer cannot be had here; another engine may have it. `why` completes "the layer … ". */
export class LayerGap extends Error {
  override readonly name = 'LayerGap';
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** The one input of a layer that has one. */
export function only(inputs: readonly np.Array[]): np.Array {
  return inputs[0]!;
}

/** Throws a `LayerGap` unless each of these keys of the config has one of the values beside it, or is not there. */
export function requireConfig(
  config: LayerConfig,
  allowed: Readonly<Record<string, readonly unknown[]>>,
): void {
  for (const [key, values] of Object.entries(allowed)) {
    if (config[key] === undefined || values.includes(config[key])) continue;
    throw new LayerGap(`has ${key} ${JSON.stringify(config[key])}`);
  }
}
