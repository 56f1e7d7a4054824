/**
 * Windows that slide over the places of a sample, as Keras' convolutions and pools cut them. Where they go in strides of s, every
 * s places are folded into one first, whose numbers lie side by side; then windows go in strides of one. What is left of
 * strides is a view. The library's own strides are not used: its convolution has a wrong gradient by its input on WebGPU there,
 * and the program that takes back its windows in strides kept a software adapter for minutes, until the browser ended it
 * (jax-js 0.1.25; rules PY1 and PY3).
 */

import { lax, numpy as np } from '@jax-js/jax';
import { type LayerConfig, requireConfig, type Shape, sizeOf } from '../layer.ts';

export interface Window {
  readonly sizes: number[];
  readonly strides: number[];
  readonly padding: 'same' | 'valid';
}

type Border = [before: number, after: number];

export function windowOf(config: LayerConfig, sizes: number[], strides: number[]): Window {
  requireConfig(config, { data_format: ['channels_last', null], padding: ['same', 'valid'] });
  return { sizes, strides, padding: config['padding'] === 'same' ? 'same' : 'valid' };
}

/** A number for all axes, or one for each. */
export function perAxis(value: unknown, rank: number, otherwise: number): number[] {
  if (Array.isArray(value)) return value.length === 1 ? new Array<number>(rank).fill(value[0]) : value;
  return new Array<number>(rank).fill(typeof value === 'number' ? value : otherwise);
}

/** How many windows there are along each axis. */
export function placesAfter(places: Shape, { sizes, strides, padding }: Window): number[] {
  return places.map((size, i) => Math.ceil((padding === 'same' ? size : size - sizes[i]! + 1) / strides[i]!));
}

/** What lies outside at either end of each axis, where windows are padded. */
function bordersOf(places: Shape, window: Window): Border[] {
  const after = placesAfter(places, window);
  return places.map((size, i): Border => {
    const missing = (after[i]! - 1) * window.strides[i]! + window.sizes[i]! - size;
    if (window.padding === 'valid' || missing <= 0) return [0, 0];
    return [Math.floor(missing / 2), Math.ceil(missing / 2)];
  });
}

/** True where some window reaches beyond the places. */
export function reachesOut(places: Shape, window: Window): boolean {
  return bordersOf(places, window).some(([before, after]) => before + after > 0);
}

/**
 * `[samples, ...places, channels]` → `[samples, ...windows, taps, channels]`. Taps are in the order of `tapsOf`; what lies
 * outside, and taps that no window has, are whatever is there or 0.
 */
export function windowsOf(x: np.Array, window: Window): np.Array {
  const { sizes, strides } = window;
  const rank = sizes.length;
  const places = x.shape.slice(1, -1);
  const channels = x.shape.at(-1)!;
  const count = placesAfter(places, window);
  const coarse = coarseSizes(window);
  const borders = bordersOf(places, window);
  // As many places as the windows reach over, which is a multiple of the stride.
  const wanted = count.map((windows, i) => (windows - 1 + coarse[i]!) * strides[i]!);
  const ends = wanted.map((length, i): Border => {
    const [before] = borders[i]!;
    return [before, Math.max(0, length - places[i]! - before)];
  });
  const covered = np.pad(x, [[0, 0], ...ends, [0, 0]]);
  const cropped = covered.slice([], ...wanted.map((length): [number, number] => [0, length]), []);
  const folded = cropped.reshape([
    -1,
    ...wanted.flatMap((length, i) => [length / strides[i]!, strides[i]!]),
    channels,
  ]);
  const axes = Array.from({ length: rank }, (_, i) => i);
  // [samples, ...fine, channels, ...coarse places]
  const fineFirst = np.transpose(folded, [
    0,
    ...axes.map((i) => 2 * i + 2),
    2 * rank + 1,
    ...axes.map((i) => 2 * i + 1),
  ]);
  // [samples, ...fine, channels, ...windows, ...coarse taps]
  const windows = lax.reduceWindow(fineFirst, (values) => values, coarse);
  const order = [
    ...axes.map((i) => rank + 2 + i),
    ...axes.map((i) => 2 * rank + 2 + i),
    ...axes.map((i) => i + 1),
  ];
  return np.transpose(windows, [0, ...order, rank + 1]).reshape([-1, ...count, tapCount(window), channels]);
}

/** A kernel `[...window, ...rest]` as `[taps, ...rest]`; a tap that no window has is 0. */
export function tapsOf(kernel: np.Array, window: Window): np.Array {
  const { sizes, strides } = window;
  const rank = sizes.length;
  const rest = kernel.shape.slice(rank);
  const coarse = coarseSizes(window);
  const ends = sizes.map((size, i): Border => [0, coarse[i]! * strides[i]! - size]);
  const whole = np.pad(kernel, [...ends, ...rest.map((): Border => [0, 0])]);
  const folded = whole.reshape([...coarse.flatMap((size, i) => [size, strides[i]!]), ...rest]);
  const axes = Array.from({ length: rank }, (_, i) => i);
  const order = [
    ...axes.map((i) => 2 * i),
    ...axes.map((i) => 2 * i + 1),
    ...rest.map((_, i) => 2 * rank + i),
  ];
  return np.transpose(folded, order).reshape([tapCount(window), ...rest]);
}

/** Sizes of a window in strides. */
function coarseSizes({ sizes, strides }: Window): number[] {
  return sizes.map((size, i) => Math.ceil(size / strides[i]!));
}

function tapCount(window: Window): number {
  return sizeOf(coarseSizes(window)) * sizeOf(window.strides);
}
