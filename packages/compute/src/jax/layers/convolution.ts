/** Convolutions, with channels last, as in Keras. */

import { numpy as np } from '@jax-js/jax';
import {
  type JaxLayer,
  type LayerConfig,
  LayerGap,
  type LayerPlace,
  type LayerRule,
  only,
  requireConfig,
} from '../layer.ts';
import { activationOf } from './activation.ts';
import { perAxis, placesAfter, tapsOf, type Window, windowOf, windowsOf } from './window.ts';

export const CONVOLUTION_LAYERS: Readonly<Record<string, LayerRule>> = {
  Conv1D: (place) => convolution(place, 1),
  Conv2D: (place) => convolution(place, 2),
  DepthwiseConv2D: depthwise,
  SeparableConv2D: separable,
};

function convolution({ config, inputShapes }: LayerPlace, rank: number): JaxLayer {
  const window = windowIn(config, rank);
  const channels = inputShapes[0]!.at(-1)!;
  const filters = Number(config['filters']);
  return {
    outputShape: [...placesAfter(inputShapes[0]!.slice(0, -1), window), filters],
    params: [{ name: 'kernel', shape: [...window.sizes, channels, filters] }, ...biasOf(config, filters)],
    apply({ inputs, params: [kernel, bias] }) {
      const answer = convolve(only(inputs), kernel!, window);
      return finish(config, answer, bias);
    },
  };
}

function depthwise({ config, inputShapes }: LayerPlace): JaxLayer {
  const window = windowIn(config, 2);
  const channels = inputShapes[0]!.at(-1)!;
  const times = Number(config['depth_multiplier'] ?? 1);
  return {
    outputShape: [...placesAfter(inputShapes[0]!.slice(0, -1), window), channels * times],
    params: [
      { name: 'depthwise', shape: [...window.sizes, channels, times] },
      ...biasOf(config, channels * times),
    ],
    apply({ inputs, params: [kernel, bias] }) {
      return finish(config, eachChannel(only(inputs), kernel!, window), bias);
    },
  };
}

/** Each channel by itself, then a mixture of them at every place. */
function separable({ config, inputShapes }: LayerPlace): JaxLayer {
  const window = windowIn(config, 2);
  const channels = inputShapes[0]!.at(-1)!;
  const times = Number(config['depth_multiplier'] ?? 1);
  const filters = Number(config['filters']);
  return {
    outputShape: [...placesAfter(inputShapes[0]!.slice(0, -1), window), filters],
    params: [
      { name: 'depthwise', shape: [...window.sizes, channels, times] },
      { name: 'pointwise', shape: [1, 1, channels * times, filters] },
      ...biasOf(config, filters),
    ],
    apply({ inputs, params: [depth, point, bias] }) {
      const deep = eachChannel(only(inputs), depth!, window);
      const [samples, height, width] = deep.shape;
      const mixed = np.matmul(
        deep.reshape([-1, channels * times]),
        point!.reshape([channels * times, filters]),
      );
      return finish(config, mixed.reshape([samples!, height!, width!, filters]), bias);
    },
  };
}

function windowIn(config: LayerConfig, rank: number): Window {
  requireConfig(config, { groups: [1] });
  if (perAxis(config['dilation_rate'], rank, 1).some((rate) => rate > 1)) throw new LayerGap('is dilated');
  return windowOf(config, perAxis(config['kernel_size'], rank, 1), perAxis(config['strides'], rank, 1));
}

/** `[samples, ...places, channels]` by a kernel `[...window, channels, filters]`, as one product of two matrices. */
function convolve(x: np.Array, kernel: np.Array, window: Window): np.Array {
  const [channels, filters] = kernel.shape.slice(-2) as [number, number];
  const windows = windowsOf(x, window);
  const [outer, taps] = [windows.shape.slice(0, -2), windows.shape.at(-2)!];
  const product = np.matmul(
    windows.reshape([-1, taps * channels]),
    tapsOf(kernel, window).reshape([taps * channels, filters]),
  );
  return product.reshape([...outer, filters]);
}

/** A kernel `[...window, channels, times]`, by which each channel is taken alone. */
function eachChannel(x: np.Array, kernel: np.Array, window: Window): np.Array {
  const [channels, times] = kernel.shape.slice(-2) as [number, number];
  const windows = windowsOf(x, window);
  const [outer, taps] = [windows.shape.slice(0, -2), windows.shape.at(-2)!];
  const product = windows
    .reshape([-1, taps, channels, 1])
    .mul(tapsOf(kernel, window).reshape([1, taps, channels, times]));
  return np.sum(product, 1).reshape([...outer, channels * times]);
}

function biasOf(config: LayerConfig, size: number) {
  return config['use_bias'] === false ? [] : [{ name: 'bias', shape: [size] }];
}

function finish(config: LayerConfig, answer: np.Array, bias: np.Array | undefined): np.Array {
  return activationOf(config)(bias === undefined ? answer : answer.add(bias));
}
