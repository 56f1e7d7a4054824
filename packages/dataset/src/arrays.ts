/** Samples that are already in memory, as nested arrays: for a job that makes or fetches its own. */

import {
  classNumbers,
  type Dataset,
  DatasetError,
  type DatasetSource,
  type SampleSet,
  strayLabel,
  type TargetSpec,
} from './dataset.ts';
import { split } from './split.ts';

/** A number, or a list of equally shaped ones. */
export type Nested = number | readonly Nested[];

export interface ArraysOptions {
  readonly name: string;
  readonly origin: string;
  readonly licence: string;
  /** One for each sample, all of one shape; a sample that is a single number has the shape [1]. */
  readonly inputs: readonly Nested[];
  /** Inputs are multiplied by it on their way to the model; 1 unless said otherwise. */
  readonly scale?: number;
  /** Class numbers and what the classes are called, or values of one shape. */
  readonly targets:
    | { readonly kind: 'class'; readonly classes: readonly string[]; readonly labels: readonly number[] }
    | { readonly kind: 'values'; readonly values: readonly Nested[] };
  /** How many samples are held out to measure with. */
  readonly heldOut: number;
  /** Decides which; 1 unless said otherwise. */
  readonly splitSeed?: number;
}

/** Inputs are stored as float32. Reading throws a `DatasetError` where shapes or counts are not equal. */
export function arrays(options: ArraysOptions): DatasetSource {
  return { read: () => readArrays(options) };
}

function readArrays(options: ArraysOptions): Dataset {
  const { name, origin, licence, scale = 1, heldOut, splitSeed = 1 } = options;
  const inputs = flatten(options.inputs, 'input');
  const targets = readTargets(options.targets);
  if (inputs.count !== targets.count) {
    throw new DatasetError(
      `The dataset '${name}' has ${inputs.count} inputs but ${targets.count} targets: give each sample one of both.`,
    );
  }
  const samples: SampleSet = { count: inputs.count, inputs: inputs.values, targets: targets.values };
  return {
    name,
    origin,
    licence,
    input: { shape: inputs.shape, dtype: 'float32', scale },
    target: targets.spec,
    ...(samples.count === 0
      ? { train: samples, evaluation: samples }
      : split(samples, { heldOut, seed: splitSeed })),
  };
}

function readTargets(targets: ArraysOptions['targets']) {
  if (targets.kind === 'class') {
    const { classes, labels } = targets;
    // Looked at here, before the split gives samples new numbers.
    const stray = strayLabel(labels, classes.length, 'sample');
    if (stray !== undefined) throw new DatasetError(stray);
    const spec: TargetSpec = { kind: 'class', classes };
    return { count: labels.length, values: classNumbers(labels, classes.length), spec };
  }
  const { count, values, shape } = flatten(targets.values, 'target');
  const spec: TargetSpec = { kind: 'values', shape };
  return { count, values, spec };
}

function flatten(samples: readonly Nested[], what: string) {
  const shape = shapeOf(samples[0] ?? 0);
  const numbers: number[] = [];
  for (const [i, sample] of samples.entries()) {
    if (!append(sample, shape, numbers)) {
      throw new DatasetError(
        `The ${what} of sample ${i} has the shape [${shapeOf(sample)}], the first has [${shape}]: all must be equal.`,
      );
    }
  }
  const ofSample = shape.length === 0 ? [1] : shape;
  return { count: samples.length, values: Float32Array.from(numbers), shape: ofSample };
}

/** Lengths along the first elements; a lone number has none. */
function shapeOf(sample: Nested): readonly number[] {
  return typeof sample === 'number' ? [] : [sample.length, ...shapeOf(sample[0] ?? 0)];
}

/** Appends a sample's numbers in order; false when its shape is another. */
function append(sample: Nested, [length, ...inner]: readonly number[], numbers: number[]): boolean {
  if (typeof sample !== 'number') {
    return sample.length === length && sample.every((part) => append(part, inner, numbers));
  }
  numbers.push(sample);
  return length === undefined;
}
