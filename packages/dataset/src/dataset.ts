/**
 * A dataset is samples as plain numbers, already parted in two: what is trained on, and what is held out and only ever
 * measured. It is stored as it travels, a byte for a grey value and a byte for a class, and becomes float32 where it
 * is used. Everything in it is checked once, when a job is loaded, so that nobody later has to ask again.
 */

export interface Dataset {
  /** What people call it, such as `Iris`. */
  readonly name: string;
  /** Where it comes from, in a few words. */
  readonly origin: string;
  /** SPDX name of the licence, such as `MIT`. */
  readonly licence: string;
  readonly input: InputSpec;
  readonly target: TargetSpec;
  readonly train: SampleSet;
  /** Held out: never trained on. */
  readonly evaluation: SampleSet;
}

/** One sample's input: `shape` numbers, each multiplied by `scale` on its way to the model (1/255 for bytes of a picture). */
export interface InputSpec {
  readonly shape: readonly number[];
  readonly dtype: 'uint8' | 'float32';
  readonly scale: number;
  /** What each number of a sample is, with its unit, such as `Petal length, cm`: what sliders are called. */
  readonly names?: readonly string[];
}

/**
 * What is to be learned for each sample: one of some classes, stored as its number; one of them at each place of `shape`, such
 * as the next character at every place of a text; or `shape` values.
 */
export type TargetSpec =
  | { readonly kind: 'class'; readonly classes: readonly string[] }
  | { readonly kind: 'classes'; readonly shape: readonly number[]; readonly classes: readonly string[] }
  | { readonly kind: 'values'; readonly shape: readonly number[] };

export type SampleValues = Uint8Array | Float32Array;

/** Samples one behind the other, row-major. */
export interface SampleSet {
  readonly count: number;
  /** `count ×` the input's shape. */
  readonly inputs: SampleValues;
  /** `count` class numbers, or `count ×` the target's shape of class numbers or values. */
  readonly targets: SampleValues;
}

/**
 * Where samples come from. Nothing is read until a job is loaded, and relative paths start at `folder`, the one that
 * holds the job's file. `read` throws a `DatasetError` when the samples cannot be had; whether they make sense is
 * for `checkDataset` to say.
 */
export interface DatasetSource {
  read(folder: string): Dataset;
}

/** Samples cannot be had or understood. The message is one sentence: what, where, and what to do. */
export class DatasetError extends Error {
  override readonly name = 'DatasetError';
}

/** All that is wrong with a dataset, a sentence each; of samples that are wrong in one way, the first. */
export function checkDataset(dataset: Dataset): readonly string[] {
  const problems = [...checkSpecs(dataset)];
  if (dataset.train.count === 0) {
    problems.push(`The dataset '${dataset.name}' has no samples to train on: give it some.`);
  }
  if (dataset.evaluation.count === 0) {
    problems.push(
      `The dataset '${dataset.name}' holds no samples out to measure with: hold out at least one.`,
    );
  }
  return [
    ...problems,
    ...checkSet(dataset, dataset.train, 'training'),
    ...checkSet(dataset, dataset.evaluation, 'held-out'),
  ];
}

/** Numbers in one sample of this shape. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Numbers in the target of one sample. */
function targetElements(target: TargetSpec): number {
  return target.kind === 'class' ? 1 : elementsOf(target.shape);
}

/** A class number takes a byte while there are at most 256 of them. */
export function classNumbers(numbers: ArrayLike<number>, classes: number): SampleValues {
  return classes <= 256 ? Uint8Array.from(numbers) : Float32Array.from(numbers);
}

/** The first label that is no class number, as a sentence, or undefined; `each` sample has so many. */
export function strayLabel(
  labels: ArrayLike<number>,
  classes: number,
  sample: string,
  each = 1,
): string | undefined {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      return `The label of ${sample} ${Math.floor(i / each)} is ${label}, but there are ${classes} classes, numbered 0 to ${classes - 1}.`;
    }
  }
  return undefined;
}

function* checkSpecs({ name, input, target }: Dataset): Generator<string> {
  const shapes = target.kind === 'class' ? [input.shape] : [input.shape, target.shape];
  for (const shape of shapes) {
    if (shape.length === 0 || !shape.every((dimension) => Number.isSafeInteger(dimension) && dimension > 0)) {
      yield `The shape [${shape}] in the dataset '${name}' must be a list of whole numbers from 1 on.`;
    }
  }
  if (!Number.isFinite(input.scale)) {
    yield `The input scale of the dataset '${name}' is ${input.scale}: it must be a finite number, such as 1.`;
  }
  const elements = elementsOf(input.shape);
  if (input.names !== undefined && input.names.length !== elements) {
    yield `The dataset '${name}' names ${input.names.length} inputs, but a sample has ${elements}: name each, or none.`;
  }
  if (target.kind !== 'values') {
    const { classes } = target;
    if (classes.length < 2) yield `The dataset '${name}' has ${classes.length} classes: name at least two.`;
    const twice = classes.find((label, i) => classes.indexOf(label) !== i);
    if (twice !== undefined) yield `The dataset '${name}' names the class '${twice}' twice: name each once.`;
  }
}

function* checkSet({ name, input, target }: Dataset, set: SampleSet, which: string): Generator<string> {
  const lengths = [
    ['inputs', set.inputs.length, elementsOf(input.shape)],
    ['targets', set.targets.length, targetElements(target)],
  ] as const;
  for (const [what, length, each] of lengths) {
    if (length !== set.count * each) {
      yield `The ${which} ${what} of '${name}' are ${length} numbers, but ${set.count} samples of ${each} are ${set.count * each}.`;
      return;
    }
  }
  yield* checkFinite(set.inputs, elementsOf(input.shape), `input of ${which} sample`, name);
  if (target.kind === 'values') {
    yield* checkFinite(set.targets, elementsOf(target.shape), `target of ${which} sample`, name);
    return;
  }
  const stray = strayLabel(set.targets, target.classes.length, `${which} sample`, targetElements(target));
  if (stray !== undefined) yield stray;
}

function* checkFinite(values: SampleValues, each: number, what: string, name: string): Generator<string> {
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    yield `The ${what} ${Math.floor(wrong / each)} in '${name}' is ${values[wrong]}: only finite numbers can be learned from.`;
  }
}
