/**
 * How a tensor of the first version comes from a seed, number by number as TF.js draws it: whoever knows the initializers of a model need
 * not download what they give. Every step is one that IEEE 754 fixes, but for the logarithm behind normal numbers, which browsers may
 * round differently: so a fingerprint goes with initializers, and whoever comes to another one downloads after all.
 */

import { createAlea } from './alea.ts';
import { unreachable } from './assert.ts';

export type Initializer =
  | { readonly kind: 'constant'; readonly value: number }
  /** Evenly from `low` up to `high`. */
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number; readonly seed: number }
  /** Within twice the deviation from the mean where it is `truncated`. */
  | {
      readonly kind: 'normal';
      readonly mean: number;
      readonly deviation: number;
      readonly truncated: boolean;
      readonly seed: number;
    };

/** Tensors of so many numbers, one behind the other, each from its initializer. The vector is the caller's. */
export function initialize(sizes: readonly number[], initializers: readonly Initializer[]): Float32Array {
  const vector = new Float32Array(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  for (const [tensor, size] of sizes.entries()) {
    const next = numbersOf(initializers[tensor]!);
    for (const end = at + size; at < end; at++) vector[at] = next();
  }
  return vector;
}

/** The numbers of a tensor, one after another, before they are rounded to float32. */
export function numbersOf(initializer: Initializer): () => number {
  switch (initializer.kind) {
    case 'constant': {
      const { value } = initializer;
      return () => value;
    }
    case 'uniform': {
      const { low, high, seed } = initializer;
      const random = createAlea(`${seed}`);
      const range = high - low;
      return () => low + range * random();
    }
    case 'normal':
      return normals(initializer);
    default:
      return unreachable(initializer);
  }
}

/** Two at a time (Marsaglia's polar method); the second goes with a first that is too far out, and is left out where it is so itself. */
function normals({
  mean,
  deviation,
  truncated,
  seed,
}: Extract<Initializer, { readonly kind: 'normal' }>): () => number {
  const random = createAlea(`${seed}`);
  const reach = truncated ? 2 * deviation : Number.POSITIVE_INFINITY;
  const isNear = (value: number) => value <= mean + reach && value >= mean - reach;
  let second: number | undefined;
  return () => {
    if (second !== undefined) {
      const value = second;
      second = undefined;
      return value;
    }
    for (;;) {
      const x = 2 * random() - 1;
      const y = 2 * random() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      const first = mean + deviation * x * scale;
      if (!isNear(first)) continue;
      const other = mean + deviation * y * scale;
      if (isNear(other)) second = other;
      return first;
    }
  };
}
