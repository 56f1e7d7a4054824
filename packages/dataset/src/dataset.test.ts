import { describe, expect, test } from 'vitest';
import { checkDataset, type Dataset, type SampleSet } from './dataset.ts';
import { datasetHash } from './dataset-hash.ts';

const set = (targets: number[]): SampleSet => ({
  count: targets.length,
  inputs: Float32Array.from(targets.flatMap((target) => [target, 1])),
  targets: Uint8Array.from(targets),
});

const sound: Dataset = {
  name: 'Tiny',
  origin: 'made here',
  licence: 'MIT',
  input: { shape: [2], dtype: 'float32', scale: 1 },
  target: { kind: 'class', classes: ['no', 'yes'] },
  train: set([0, 1, 1]),
  evaluation: set([1, 0]),
};

describe('checkDataset', () => {
  test('[DS1] a sound dataset has no problems', () => {
    expect(checkDataset(sound)).toEqual([]);
  });

  test('[DS2] an empty set is named, whichever of the two it is', () => {
    const problems = checkDataset({ ...sound, train: set([]), evaluation: set([]) });
    expect(problems).toEqual([
      "The dataset 'Tiny' has no samples to train on: give it some.",
      "The dataset 'Tiny' holds no samples out to measure with: hold out at least one.",
    ]);
  });

  test('[DS3] a label out of range is named with the index of its sample', () => {
    expect(checkDataset({ ...sound, train: set([0, 1, 2]) })).toEqual([
      'The label of training sample 2 is 2, but there are 2 classes, numbered 0 to 1.',
    ]);
    const perPlace = { ...sound, target: { kind: 'classes', shape: [2], classes: ['no', 'yes'] } } as const;
    const train = { ...sound.train, targets: Uint8Array.of(0, 1, 1, 0, 1, 2) };
    const evaluation = { ...sound.evaluation, targets: Uint8Array.of(0, 1, 1, 0) };
    expect(checkDataset({ ...perPlace, train, evaluation })).toEqual([
      'The label of training sample 2 is 2, but there are 2 classes, numbered 0 to 1.',
    ]);
    const fraction = { ...sound.evaluation, targets: Float32Array.of(1, 0.5) };
    expect(checkDataset({ ...sound, evaluation: fraction })[0]).toContain('held-out sample 1 is 0.5');
  });

  test('[DS4] inputs and targets must be as long as the samples say', () => {
    const train = { ...sound.train, inputs: new Float32Array(5) };
    expect(checkDataset({ ...sound, train })).toEqual([
      "The training inputs of 'Tiny' are 5 numbers, but 3 samples of 2 are 6.",
    ]);
  });

  test('[DS5] numbers that are not finite are named with the index of their sample', () => {
    const train = { ...sound.train, inputs: Float32Array.of(1, 2, 3, Number.NaN, 5, 6) };
    expect(checkDataset({ ...sound, train })[0]).toContain('input of training sample 1');
  });

  test('[DS6] classes are at least two and differ', () => {
    const named = (...classes: string[]) => checkDataset({ ...sound, target: { kind: 'class', classes } });
    expect(named('no', 'no')).toEqual(["The dataset 'Tiny' names the class 'no' twice: name each once."]);
    expect(named('no')[0]).toContain('name at least two');
    const places = checkDataset({ ...sound, target: { kind: 'classes', shape: [1], classes: ['no'] } });
    expect(places[0]).toContain('name at least two');
  });
});

test('[DS8] inputs have a name each, or none has one', () => {
  const named = (...names: string[]) => checkDataset({ ...sound, input: { ...sound.input, names } });
  expect(named('length', 'width')).toEqual([]);
  expect(named('length')).toEqual([
    "The dataset 'Tiny' names 1 inputs, but a sample has 2: name each, or none.",
  ]);
});

describe('datasetHash', () => {
  const hash = datasetHash(sound);

  test('[DS7] is a function of the content and not of the name', () => {
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(datasetHash({ ...sound, name: 'Other', train: set([0, 1, 1]) })).toBe(hash);
    expect(datasetHash({ ...sound, input: { ...sound.input, names: ['a', 'b'] } })).toBe(hash);
  });

  test.each<[string, Partial<Dataset>]>([
    ['a sample', { train: set([0, 1, 0]) }],
    ['the side a sample is on', { train: sound.evaluation, evaluation: sound.train }],
    ['the scale', { input: { ...sound.input, scale: 2 } }],
    ['a class for each place', { target: { kind: 'classes', shape: [1], classes: ['no', 'yes'] } }],
    ['the names of the classes', { target: { kind: 'class', classes: ['yes', 'no'] } }],
  ])('[DS7] changes with %s', (_, change) => {
    expect(datasetHash({ ...sound, ...change })).not.toBe(hash);
  });
});
