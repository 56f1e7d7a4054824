/** Layers that only say how numbers lie: a view each, which the compiler folds into whatever reads it. */

import { numpy as np } from '@jax-js/jax';
import { type LayerRule, only, requireConfig, sizeOf } from '../layer.ts';

export const SHAPE_LAYERS: Readonly<Record<string, LayerRule>> = {
  Flatten({ config, inputShapes }) {
    requireConfig(config, { data_format: ['channels_last', null] });
    const size = sizeOf(inputShapes[0]!);
    return { outputShape: [size], apply: ({ inputs }) => only(inputs).reshape([-1, size]) };
  },

  Reshape({ config, inputShapes }) {
    const wanted = config['target_shape'] as readonly (number | null)[];
    const known = wanted.reduce<number>((product, d) => (d === null || d < 0 ? product : product * d), 1);
    const outputShape = wanted.map((d) => (d === null || d < 0 ? sizeOf(inputShapes[0]!) / known : d));
    return { outputShape, apply: ({ inputs }) => only(inputs).reshape([-1, ...outputShape]) };
  },

  /** `dims` count the axes of a sample from 1. */
  Permute({ config, inputShapes }) {
    const dims = config['dims'] as readonly number[];
    return {
      outputShape: dims.map((axis) => inputShapes[0]![axis - 1]!),
      apply: ({ inputs }) => np.transpose(only(inputs), [0, ...dims]),
    };
  },

  ZeroPadding2D({ config, inputShapes }) {
    requireConfig(config, { data_format: ['channels_last', null] });
    const [height, width, channels] = inputShapes[0]! as readonly [number, number, number];
    const [vertical, horizontal] = config['padding'] as [[number, number], [number, number]];
    return {
      outputShape: [height + vertical[0] + vertical[1], width + horizontal[0] + horizontal[1], channels],
      apply: ({ inputs }) => np.pad(only(inputs), [[0, 0], vertical, horizontal, [0, 0]]),
    };
  },

  RepeatVector({ config, inputShapes }) {
    const times = Number(config['n']);
    const width = inputShapes[0]![0]!;
    return {
      outputShape: [times, width],
      apply({ inputs }) {
        const x = only(inputs);
        const samples = x.shape[0]!;
        return np.broadcastTo(x.reshape([samples, 1, width]), [samples, times, width]);
      },
    };
  },
};
