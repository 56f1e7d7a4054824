/** What layers over a sequence have in common: one input, `[samples, time, width]`. */

import type * as tf from '@tensorflow/tfjs-core';

type Shape = (number | null)[];

/** Time and width of the one input that a layer is built for. */
export function sequenceOf(layer: string, shape: Shape | Shape[]): { time: number; width: number } {
  const [, time, width, ...more] = shape;
  if (typeof time !== 'number' || typeof width !== 'number' || more.length > 0) {
    throw new Error(`${layer} wants one input of the shape [samples, time, width] and got [${shape}].`);
  }
  return { time, width };
}

export function onlyInput(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return Array.isArray(inputs) ? inputs[0]! : inputs;
}

/** The value of an argument that must be a whole number from 1 on. */
export function requireCount(layer: string, argument: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`${layer} wants a whole number from 1 on as ${argument} and got ${value}.`);
}
