/**
 * Parts samples into those that are trained on and those that are held out, once and for all: which sample goes where
 * is a function of the split's own seed and of nothing else, so that jobs with different seeds are measured on the same
 * samples and no sample is ever on both sides. Both sides come out in shuffled order, because the sampler mixes only
 * within a window of shards, and a file sorted by class would give it windows of one class.
 */

import { createRandom, shuffle } from '@manyhands/core';
import { DatasetError, type SampleSet, type SampleValues } from './dataset.ts';

export interface Split {
  /** How many samples are held out. */
  readonly heldOut: number;
  /** Decides which. */
  readonly seed: number;
}

/** Both sets are new arrays. Throws a `DatasetError` when the samples do not suffice for both. */
export function split(
  samples: SampleSet,
  { heldOut, seed }: Split,
): { train: SampleSet; evaluation: SampleSet } {
  if (!Number.isSafeInteger(heldOut) || heldOut < 1 || heldOut >= samples.count) {
    throw new DatasetError(
      `${heldOut} of ${samples.count} samples cannot be held out: hold out at least one and leave at least one to train on.`,
    );
  }
  const order = shuffledOrder(samples.count, seed);
  return {
    train: pick(samples, order.subarray(heldOut)),
    evaluation: pick(samples, order.subarray(0, heldOut)),
  };
}

/** The samples in an order drawn from the seed, as a new set. */
export function mixed(samples: SampleSet, seed: number): SampleSet {
  return pick(samples, shuffledOrder(samples.count, seed));
}

function shuffledOrder(count: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  return shuffle(order, createRandom(seed, SPLIT_STREAM));
}

/** Keeps the split apart from everything else that is drawn from a seed of the same value. */
const SPLIT_STREAM = 0x5b11;

function pick(samples: SampleSet, order: Uint32Array): SampleSet {
  return {
    count: order.length,
    inputs: rows(samples.inputs, samples.count, order),
    targets: rows(samples.targets, samples.count, order),
  };
}

function rows(values: SampleValues, count: number, order: Uint32Array): SampleValues {
  const each = values.length / count;
  const picked =
    values instanceof Uint8Array
      ? new Uint8Array(order.length * each)
      : new Float32Array(order.length * each);
  for (const [place, row] of order.entries()) {
    picked.set(values.subarray(row * each, (row + 1) * each), place * each);
  }
  return picked;
}
