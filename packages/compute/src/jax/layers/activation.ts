/** Activations by Keras' names, as functions and as layers of their own; the formulas are those of Keras 2. */

import { nn, numpy as np } from '@jax-js/jax';
import {
  type JaxLayer,
  type LayerConfig,
  LayerGap,
  type LayerRule,
  only,
  type Shape,
  sizeOf,
} from '../layer.ts';

export type Activation = (x: np.Array) => np.Array;

/** The activation that a config names. Throws a `LayerGap` for one that is not known. */
export function activationOf(config: LayerConfig, key = 'activation'): Activation {
  const name = config[key] ?? 'linear';
  const found = typeof name === 'string' ? ACTIVATIONS[name] : undefined;
  if (found === undefined) throw new LayerGap(`has the activation ${JSON.stringify(name)}`);
  return found;
}

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  linear: (x) => x,
  relu,
  relu6: (x) => np.minimum(relu(x), 6),
  sigmoid,
  hardSigmoid,
  hard_sigmoid: hardSigmoid,
  tanh: (x) => np.tanh(x),
  softmax: (x) => nn.softmax(x, -1),
  softplus: (x) => nn.softplus(x),
  softsign: (x) => x.ref.div(np.absolute(x).add(1)),
  elu: (x) => elu(x, 1),
  selu: (x) => elu(x, 1.6732632423543772).mul(1.0507009873554805),
  swish: (x) => x.ref.mul(sigmoid(x)),
  mish: (x) => x.ref.mul(np.tanh(nn.softplus(x))),
  gelu,
};

/** The derivative at 0 is 0, as in Keras; a maximum would say one half. */
function relu(x: np.Array): np.Array {
  return np.where(np.greater(x.ref, 0), x, 0);
}

function sigmoid(x: np.Array): np.Array {
  return nn.sigmoid(x);
}

function hardSigmoid(x: np.Array): np.Array {
  const line = x.mul(0.2).add(0.5);
  const below = np.where(np.greater(line.ref, 1), 1, line);
  return np.where(np.greater(below.ref, 0), below, 0);
}

function elu(x: np.Array, alpha: number): np.Array {
  const negative = np.where(np.greater(x.ref, 0), 0, x.ref);
  return np.where(np.greater(x.ref, 0), x, np.exp(negative).sub(1).mul(alpha));
}

/** x Φ(x), exactly; TF.js has the same. */
function gelu(x: np.Array): np.Array {
  return nn.gelu(x, { approximate: false });
}

/** A layer that changes numbers one by one and has no weights. */
function elementwise(change: (config: LayerConfig) => Activation): LayerRule {
  return ({ config, inputShapes }) => {
    const apply = change(config);
    return { outputShape: inputShapes[0]!, apply: ({ inputs }) => apply(only(inputs)) };
  };
}

const numberOf = (config: LayerConfig, key: string, otherwise: number): number => {
  const value = config[key];
  return typeof value === 'number' ? value : otherwise;
};

export const ACTIVATION_LAYERS: Readonly<Record<string, LayerRule>> = {
  Activation: elementwise((config) => activationOf(config)),
  ReLU: elementwise((config) => {
    const most = config['max_value'];
    return (x) => (typeof most === 'number' ? np.minimum(relu(x), most) : relu(x));
  }),
  LeakyReLU: elementwise((config) => {
    const alpha = numberOf(config, 'alpha', 0.3);
    return (x) => np.where(np.greater(x.ref, 0), x.ref, x.mul(alpha));
  }),
  ELU: elementwise((config) => {
    const alpha = numberOf(config, 'alpha', 1);
    return (x) => elu(x, alpha);
  }),
  Softmax: elementwise((config) => {
    const axis = numberOf(config, 'axis', -1);
    return (x) => nn.softmax(x, axis);
  }),
  Dropout: ({ config, inputShapes }) => {
    if (config['noise_shape'] != null) throw new LayerGap('has a noise_shape');
    return dropout(config, inputShapes[0]!, inputShapes[0]!);
  },
  /** Drops whole channels of a sequence. */
  SpatialDropout1D: ({ config, inputShapes }) =>
    dropout(config, inputShapes[0]!, [1, inputShapes[0]!.at(-1)!]),
};

/** `maskShape` is that of one sample's mask, which is spread over its axes of one element. */
function dropout(config: LayerConfig, shape: Shape, maskShape: Shape): JaxLayer {
  const rate = numberOf(config, 'rate', 0);
  const isIdle = rate <= 0 || rate >= 1;
  return {
    outputShape: shape,
    ...(isIdle ? {} : { dropout: { rate, elements: sizeOf(maskShape) } }),
    apply({ inputs, mask }) {
      const x = only(inputs);
      return mask === undefined ? x : x.mul(mask.reshape([-1, ...maskShape]));
    },
  };
}
