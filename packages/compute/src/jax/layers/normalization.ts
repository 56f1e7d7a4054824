import { numpy as np } from '@jax-js/jax';
import { type LayerConfig, LayerGap, type LayerRule, only, type Shape } from '../layer.ts';

export const NORMALIZATION_LAYERS: Readonly<Record<string, LayerRule>> = {
  /** Ioffe and Szegedy, 2015: over the samples in training, by the statistics that were kept at inference. */
  BatchNormalization({ config, inputShapes }) {
    const shape = inputShapes[0]!;
    const width = shape.at(-1)!;
    const axis = Number([config['axis'] ?? -1].flat()[0]);
    if (axis !== -1 && axis !== shape.length) throw new LayerGap('normalizes another axis than the last');
    const momentum = Number(config['momentum'] ?? 0.99);
    const axes = shape.map((_, i) => i);
    return {
      outputShape: shape,
      mixes: true,
      params: scaleAndShift(config, [width]),
      state: [
        { name: 'moving_mean', shape: [width] },
        { name: 'moving_variance', shape: [width] },
      ],
      apply({ inputs, params, state: [oldMean, oldVariance], training, keep }) {
        const x = only(inputs);
        if (!training) return normalized(x, oldMean!, oldVariance!, params, config);
        const { mean, variance } = moments(x.ref, axes);
        const moved = (old: np.Array, now: np.Array) => old.mul(momentum).add(now.mul(1 - momentum));
        keep([moved(oldMean!, mean.ref), moved(oldVariance!, variance.ref)]);
        return normalized(x, mean, variance, params, config);
      },
    };
  },

  /** Ba, Kiros and Hinton, 2016: over the last axes of each sample. */
  LayerNormalization({ config, inputShapes }) {
    const shape = inputShapes[0]!;
    const axes = ([config['axis'] ?? -1].flat() as number[])
      .map((axis) => (axis < 0 ? axis + shape.length + 1 : axis))
      .sort((a, b) => a - b);
    if (axes.some((axis, i) => axis !== shape.length - axes.length + i + 1))
      throw new LayerGap('normalizes other axes than the last');
    return {
      outputShape: shape,
      params: scaleAndShift(config, shape.slice(shape.length - axes.length)),
      apply({ inputs, params }) {
        const x = only(inputs);
        const { mean, variance } = moments(x.ref, axes, true);
        return normalized(x, mean, variance, params, config);
      },
    };
  },
};

function scaleAndShift(config: LayerConfig, shape: Shape) {
  return [
    ...(config['scale'] === false ? [] : [{ name: 'gamma', shape }]),
    ...(config['center'] === false ? [] : [{ name: 'beta', shape }]),
  ];
}

function moments(x: np.Array, axes: number[], keepdims = false) {
  const mean = np.mean(x.ref, axes, { keepdims: true });
  const variance = np.mean(np.square(x.sub(mean.ref)), axes, { keepdims });
  return { mean: keepdims ? mean : np.squeeze(mean, axes), variance };
}

function normalized(
  x: np.Array,
  mean: np.Array,
  variance: np.Array,
  params: readonly np.Array[],
  config: LayerConfig,
): np.Array {
  const epsilon = Number(config['epsilon'] ?? 1e-3);
  const weights = [...params];
  const gamma = config['scale'] === false ? undefined : weights.shift();
  const beta = config['center'] === false ? undefined : weights.shift();
  const even = x.sub(mean).div(np.sqrt(variance.add(epsilon)));
  const scaled = gamma === undefined ? even : even.mul(gamma);
  return beta === undefined ? scaled : scaled.add(beta);
}
