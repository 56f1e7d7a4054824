/** Pools over windows and over everything. Channels last, as in Keras. */

import { numpy as np } from '@jax-js/jax';
import { type JaxLayer, type LayerPlace, type LayerRule, only, requireConfig } from '../layer.ts';
import { perAxis, placesAfter, reachesOut, tapsOf, windowOf, windowsOf } from './window.ts';

export const POOLING_LAYERS: Readonly<Record<string, LayerRule>> = {
  MaxPooling1D: (place) => pool(place, 1, 'max'),
  MaxPooling2D: (place) => pool(place, 2, 'max'),
  AveragePooling1D: (place) => pool(place, 1, 'mean'),
  AveragePooling2D: (place) => pool(place, 2, 'mean'),
  GlobalMaxPooling1D: (place) => everywhere(place, (x, axes) => np.max(x, axes)),
  GlobalMaxPooling2D: (place) => everywhere(place, (x, axes) => np.max(x, axes)),
  GlobalAveragePooling1D: (place) => everywhere(place, (x, axes) => np.mean(x, axes)),
  GlobalAveragePooling2D: (place) => everywhere(place, (x, axes) => np.mean(x, axes)),
};

function everywhere(
  { config, inputShapes }: LayerPlace,
  reduce: (x: np.Array, axes: number[]) => np.Array,
): JaxLayer {
  requireConfig(config, { data_format: ['channels_last', null] });
  const shape = inputShapes[0]!;
  const axes = shape.slice(0, -1).map((_, i) => i + 1);
  return { outputShape: [shape.at(-1)!], apply: ({ inputs }) => reduce(only(inputs), axes) };
}

function pool({ config, inputShapes }: LayerPlace, rank: number, kind: 'max' | 'mean'): JaxLayer {
  const sizes = perAxis(config['pool_size'], rank, 2);
  const strides = config['strides'] == null ? sizes : perAxis(config['strides'], rank, 2);
  const window = windowOf(config, sizes, strides);
  const [places, channels] = [inputShapes[0]!.slice(0, -1), inputShapes[0]!.at(-1)!];
  const isWhole = !reachesOut(places, window) && sizes.every((size, i) => size % strides[i]! === 0);
  /** Of each window, `[1, ...windows, taps, 1]`: 1 where it has a place, 0 where it reaches out. */
  const inside = () =>
    windowsOf(np.ones([1, ...places, 1]), window).mul(tapsOf(np.ones([...sizes, 1]), window));
  const pooled = {
    max(windows: np.Array) {
      return np.max(isWhole ? windows : np.where(np.greater(inside(), 0), windows, LOWEST), -2);
    },
    /** What lies outside is no part of the mean. */
    mean(windows: np.Array) {
      return isWhole ? np.mean(windows, -2) : np.sum(windows.mul(inside()), -2).div(np.sum(inside(), -2));
    },
  };
  return {
    outputShape: [...placesAfter(places, window), channels],
    apply: ({ inputs }) => pooled[kind](windowsOf(only(inputs), window)),
  };
}

const LOWEST = -3.4e38;
