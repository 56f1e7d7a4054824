/** Layers with several inputs of one sample. */

import { numpy as np } from '@jax-js/jax';
import { LayerGap, type LayerRule } from '../layer.ts';

export const MERGING_LAYERS: Readonly<Record<string, LayerRule>> = {
  Add: pairwise((a, b) => a.add(b)),
  Subtract: pairwise((a, b) => a.sub(b)),
  Multiply: pairwise((a, b) => a.mul(b)),
  Maximum: pairwise((a, b) => np.where(np.less(a.ref, b.ref), b, a)),
  Minimum: pairwise((a, b) => np.where(np.less(a.ref, b.ref), a, b)),
  Average: pairwise(
    (a, b) => a.add(b),
    (sum, count) => sum.div(count),
  ),

  Concatenate({ config, inputShapes }) {
    const axis = Number(config['axis'] ?? -1);
    const rank = inputShapes[0]!.length;
    const place = axis < 0 ? rank + axis : axis - 1;
    if (place < 0) throw new LayerGap('joins samples');
    const joined = inputShapes.reduce((sum, shape) => sum + shape[place]!, 0);
    return {
      outputShape: inputShapes[0]!.with(place, joined),
      apply: ({ inputs }) => np.concatenate([...inputs], place + 1),
    };
  },
};

function pairwise(
  merge: (a: np.Array, b: np.Array) => np.Array,
  finish = (merged: np.Array, _count: number) => merged,
): LayerRule {
  return ({ inputShapes }) => {
    if (new Set(inputShapes.map(String)).size > 1) throw new LayerGap('has inputs of different shapes');
    return {
      outputShape: inputShapes[0]!,
      apply: ({ inputs }) => finish(inputs.reduce(merge), inputs.length),
    };
  };
}
