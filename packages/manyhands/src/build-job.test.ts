import * as dataset from '@manyhands/dataset';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { buildJob } from './build-job.ts';
import type { JobDefinition } from './job-definition.ts';

const flowers = dataset.iris();

function definition(changes: Partial<Record<keyof JobDefinition, unknown>> = {}): unknown {
  return {
    name: 'flowers',
    title: 'Flowers',
    operator: 'the tests',
    summary: 'Small.',
    model: model(),
    dataset: flowers,
    loss: 'categoricalCrossentropy',
    metric: 'accuracy',
    optimizer: { kind: 'adam', learningRate: 0.01 },
    batch: { units: 3, unitSamples: 4 },
    seed: 5,
    stop: { steps: 10 },
    evaluateEverySteps: 5,
    ...changes,
  };
}

function model(inputs = 4, outputs = 3): tf.LayersModel {
  tf.enableProdMode();
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: 6, activation: 'relu', inputShape: [inputs] }),
      tf.layers.dropout({ rate: 0.5 }),
      tf.layers.dense({ units: outputs, activation: 'softmax' }),
    ],
  });
}

const problemsOf = (changes: Parameters<typeof definition>[0]) =>
  buildJob(definition(changes), '.').then(
    () => '',
    (error: Error) => `${error.name}: ${error.message}`,
  );

test('[JF1] the same job has the same name, bytes and hash, however many models were built before it', async () => {
  const first = await buildJob(definition(), '.');
  const second = await buildJob(definition(), '.');
  expect(second.contentHash).toBe(first.contentHash);
  expect(second.initial).toEqual(first.initial);
  expect(first.job.params.map(({ name }) => name)).toEqual([
    'dense_1/kernel',
    'dense_1/bias',
    'dense_2/kernel',
    'dense_2/bias',
  ]);
});

test('[JF2] what decides the result changes the hash, and what does not leaves it', async () => {
  const { contentHash } = await buildJob(definition(), '.');
  const hashOf = async (changes: Parameters<typeof definition>[0]) =>
    (await buildJob(definition(changes), '.')).contentHash;
  expect(await hashOf({ seed: 6 })).not.toBe(contentHash);
  expect(await hashOf({ optimizer: { kind: 'sgd', learningRate: 0.01 } })).not.toBe(contentHash);
  expect(await hashOf({ title: 'Other words', lease: { targetMs: 100 } })).toBe(contentHash);
});

test('[JF3] initial weights are drawn from the job’s seed', async () => {
  const one = await buildJob(definition(), '.');
  const other = await buildJob(definition({ seed: 6 }), '.');
  expect(other.initial.params).not.toEqual(one.initial.params);
});

test.each([
  [{ loss: 'crossentropy' }, 'loss:'],
  [{ metric: 'f1' }, 'metric:'],
  [{ seed: -1 }, 'seed:'],
  [{ name: 'My Job' }, 'lower-case words'],
  [{ batch: { units: 0, unitSamples: 4 } }, 'batch.units:'],
  [{ batch: { units: 64, unitSamples: 4 } }, '256 samples, but'],
  [{ optimizer: { kind: 'adam', learningRate: -1 } }, 'learningRate'],
  [{ model: model(5) }, 'takes inputs of shape [5]'],
  [{ model: model(4, 2) }, 'answers with 2 numbers'],
  [{ loss: 'meanSquaredError' }, 'wants values'],
  [{ model: { class_name: 'Nonsense', config: {} } }, 'cannot be built'],
  [{ typo: true }, 'typo'],
])('[JF4] %j is refused in a sentence that names it', async (changes, part) => {
  const problems = await problemsOf(changes as never);
  expect(problems).toMatch(/^JobError: /);
  expect(problems).toContain(part);
});

test('[JF5] all that is wrong is said at once', async () => {
  const problems = await problemsOf({ model: model(5, 2), batch: { units: 64, unitSamples: 4 } });
  expect(problems.split('\n')).toHaveLength(3);
});

test('[JF6] an empty dataset and a label out of range are refused', async () => {
  const broken = (read: () => dataset.Dataset) => problemsOf({ dataset: { read } });
  const good = flowers.read('.');
  const none = { count: 0, inputs: new Float32Array(0), targets: new Uint8Array(0) };
  expect(await broken(() => ({ ...good, train: none }))).toContain('no samples to train on');
  const targets = Uint8Array.from(good.train.targets).fill(9, 3, 4);
  expect(await broken(() => ({ ...good, train: { ...good.train, targets } }))).toContain('sample 3 is 9');
});
