/**
 * What comes in is checked before it reaches a device: there a number out of range is read as zero without a word, and
 * a vector that is too short is filled from whatever lies behind it.
 */

import type { UnitRun } from '@manyhands/core';
import type { SampleBatch } from './engine.ts';
import { EngineError } from './engine-error.ts';

/** Sizes and ranges of one model's samples. */
export interface SampleForm {
  readonly inputShape: readonly number[];
  readonly targetShape: readonly number[];
  readonly inputClasses: number | undefined;
  readonly targetClasses: number | undefined;
}

/** Throws unless there are exactly `samples` samples of this form; targets and ids may be absent together. */
export function requireSamples(
  form: SampleForm,
  batch: Pick<SampleBatch, 'inputs'> & Partial<SampleBatch>,
  samples: number,
): void {
  requireVector('inputs', batch.inputs, samples * sizeOf(form.inputShape));
  requireClasses('input', batch.inputs, form.inputClasses);
  if (batch.targets !== undefined) {
    requireVector('targets', batch.targets, samples * sizeOf(form.targetShape));
    requireClasses('target', batch.targets, form.targetClasses);
  }
  if (batch.ids !== undefined) requireVector('sample ids', batch.ids, samples);
}

/** Throws unless `run` is an aligned block of a round of `units` units, which may be cut short only at the end. */
export function requireBlock({ first, count }: UnitRun, units: number): void {
  const width = count > 0 ? 2 ** Math.ceil(Math.log2(count)) : 1;
  const aligned = count > 0 && first >= 0 && first % width === 0;
  const whole = count === width ? first + count <= units : first + count === units;
  if (!aligned || !whole) {
    throw new EngineError(
      'batch',
      `Units ${first} to ${first + count - 1} of ${units} are no block of the tree.`,
    );
  }
}

export function requireVector(what: string, vector: ArrayLike<number>, length: number): void {
  if (vector.length !== length) {
    throw new EngineError('batch', `Expected ${length} numbers of ${what}, got ${vector.length}.`);
  }
}

function requireClasses(what: string, values: Float32Array, classes: number | undefined): void {
  if (classes === undefined) return;
  for (const [i, value] of values.entries()) {
    if (!Number.isInteger(value) || value < 0 || value >= classes) {
      throw new EngineError(
        'batch',
        `The ${what} ${value} at ${i} is no class number from 0 to ${classes - 1}.`,
      );
    }
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}
