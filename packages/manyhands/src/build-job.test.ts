import { initialize } from '@manyhands/core';
import * as dataset from '@manyhands/dataset';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { buildJob } from './build-job.ts';
import { layers as ownLayers } from './index.ts';
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

function model(inputs = 4, outputs = 3, name?: string): tf.LayersModel {
  tf.enableProdMode();
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: 6, activation: 'relu', inputShape: [inputs] }),
      tf.layers.dropout({ rate: 0.5 }),
      tf.layers.dense({ units: outputs, activation: 'softmax', ...(name === undefined ? {} : { name }) }),
    ],
  });
}

/** A model within a model, so that there are names of every kind that TF.js gives. */
function functional(): tf.LayersModel {
  const inputs = tf.input({ shape: [4] });
  const inner = tf.sequential({ layers: [tf.layers.dense({ units: 5, inputShape: [4] })] });
  const outputs = tf.layers.dense({ units: 3, activation: 'softmax' }).apply(inner.apply(inputs));
  return tf.model({ inputs, outputs: outputs as tf.SymbolicTensor });
}

class Mine extends tf.layers.Layer {
  static className = 'Mine';
  override call(inputs: tf.Tensor): tf.Tensor {
    return inputs;
  }
}
tf.serialization.registerClass(Mine);

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

test('[XC14] to ask for one class of device at a time is another run, and not to ask is the run that it always was', async () => {
  const plain = await buildJob(definition(), '.');
  const exact = await buildJob(definition({ exact: true }), '.');
  expect([plain.job.exact, exact.job.exact]).toEqual([false, true]);
  expect(exact.program.exact).toBe(true);
  expect(exact.contentHash).not.toBe(plain.contentHash);
  const { contentHash, program } = await buildJob(definition({ exact: false }), '.');
  expect(contentHash).toBe(plain.contentHash);
  expect(program).not.toHaveProperty('exact');
  // Vectors fit either way.
  expect(exact.program.layoutHash).toBe(program.layoutHash);
});

test('[JF10] a codec makes another run, and float32 is what a job has that names none', async () => {
  const plain = await buildJob(definition(), '.');
  const named = await buildJob(definition({ codec: { kind: 'float32' } }), '.');
  expect(named.contentHash).toBe(plain.contentHash);
  expect([plain.job.codec, plain.program.codec]).toEqual([{ kind: 'float32' }, undefined]);
  const codec = { kind: 'top-k', kept: 32, bits: 4 } as const;
  const sparse = await buildJob(definition({ codec }), '.');
  expect([sparse.job.codec, sparse.program.codec]).toEqual([codec, codec]);
  expect(sparse.contentHash).not.toBe(plain.contentHash);
  // Vectors fit either way.
  expect(sparse.program.layoutHash).toBe(plain.program.layoutHash);
});

test('[JF11] updates make another run, which may be exact, and whole parameters are what travels where none are asked for', async () => {
  const plain = await buildJob(definition(), '.');
  expect([plain.job.updates, plain.program.updates]).toEqual([{ kind: 'float32' }, undefined]);
  const updates = { kind: 'int8' } as const;
  const changed = await buildJob(definition({ updates, exact: true }), '.');
  expect([changed.job.updates, changed.program.updates]).toEqual([updates, updates]);
  expect(changed.contentHash).not.toBe(plain.contentHash);
});

test('[JF12] another strategy makes another run, and sync is what a job has that names none', async () => {
  const plain = await buildJob(definition(), '.');
  const named = await buildJob(definition({ strategy: { kind: 'sync' } }), '.');
  expect(named.contentHash).toBe(plain.contentHash);
  expect([plain.job.strategy, plain.program.strategy]).toEqual([{ kind: 'sync' }, undefined]);
  const inner = { kind: 'sgd', learningRate: 0.1 };
  const local = await buildJob(definition({ strategy: { kind: 'local', steps: 8, optimizer: inner } }), '.');
  expect(local.program.strategy).toEqual(local.job.strategy);
  expect(local.job.strategy).toMatchObject({
    optimizer: { learningRate: { kind: 'constant', value: 0.1 }, clip: { kind: 'none' } },
  });
  expect(local.contentHash).not.toBe(plain.contentHash);
  expect(local.program.layoutHash).toBe(plain.program.layoutHash);
});

test('[JF12] a strategy that is none, or that cannot be exact, is refused in a sentence', async () => {
  expect(await problemsOf({ strategy: { kind: 'gossip' } })).toMatch(/^JobError: strategy/);
  expect(await problemsOf({ strategy: { kind: 'local', steps: 8 } })).toMatch(
    /^JobError: strategy\.optimizer/,
  );
  expect(await problemsOf({ strategy: { kind: 'async', stalenessMax: -1 } })).toBe(
    'JobError: strategy.stalenessMax must be a number, whole, from 0 to 1024, but is -1.',
  );
  expect(await problemsOf({ exact: true, strategy: { kind: 'async', stalenessMax: 4 } })).toBe(
    'JobError: A job cannot be exact with the strategy async: take sync, or leave out exact.',
  );
});

test('[JF10] a codec that is none, or that cannot be exact, is refused in a sentence', async () => {
  expect(await problemsOf({ codec: { kind: 'top-k', kept: 0, bits: 4 } })).toMatch(
    /^JobError: codec: codec\.kept must be a number, whole, from 1 to \d+, but is 0\.$/,
  );
  expect(await problemsOf({ exact: true, codec: { kind: 'int8' } })).toBe(
    'JobError: A job cannot be exact with the codec int8: take float32, or leave out exact.',
  );
});

test('[JF9] the names of the inputs travel with the job and do not change what it is', async () => {
  const named = await buildJob(definition(), '.');
  expect(named.program.inputNames?.[0]).toBe('Sepal length, cm');
  const bare = {
    read(folder: string) {
      const read = flowers.read(folder);
      const { names: _, ...input } = read.input;
      return { ...read, input };
    },
  };
  const unnamed = await buildJob(definition({ dataset: bare }), '.');
  expect(unnamed.program).not.toHaveProperty('inputNames');
  expect(unnamed.contentHash).toBe(named.contentHash);
});

test('[JF3] initial weights are drawn from the job’s seed', async () => {
  const one = await buildJob(definition(), '.');
  const other = await buildJob(definition({ seed: 6 }), '.');
  expect(other.initial.params).not.toEqual(one.initial.params);
});

test('[JF13] a program tells how the first version is drawn, layers of our own included', async () => {
  for (const changes of [{}, reading]) {
    const { program, initial } = await buildJob(definition(changes), '.');
    const { params, state, drawn } = program.model;
    const sizes = [...params, ...state].map(({ size }) => size);
    expect(initialize(sizes, drawn!.initializers)).toEqual(
      Float32Array.of(...initial.params, ...initial.state),
    );
  }
});

test('[JF13] a first version that nobody could draw is sent', async () => {
  const orthogonal = tf.sequential({
    layers: [
      tf.layers.dense({ units: 3, activation: 'softmax', inputShape: [4], kernelInitializer: 'orthogonal' }),
    ],
  });
  const { program } = await buildJob(definition({ model: orthogonal }), '.');
  expect(program.model).not.toHaveProperty('drawn');
});

test('[JF1] nor does it matter how the model is given', async () => {
  const hashOf = async (model: unknown) => (await buildJob(definition({ model }), '.')).contentHash;
  expect(await hashOf(functional())).toBe(await hashOf(functional()));
  const json = model().toJSON(undefined, false);
  expect(await hashOf({ modelTopology: json })).toBe(await hashOf(model()));
});

test('[JF1] layers of our own are numbered and seeded as those of TF.js are', async () => {
  const [once, again] = [await buildJob(definition(reading), '.'), await buildJob(definition(reading), '.')];
  expect(again.initial).toEqual(once.initial);
  expect(once.job.params.slice(0, 4).map(({ name }) => name)).toEqual([
    'embedding_1/embeddings',
    'position_embedding_1/embeddings',
    'multi_head_attention_1/query/kernel',
    'multi_head_attention_1/query/bias',
  ]);
  expect(once.program.samples.target).toEqual({
    kind: 'classes',
    shape: [3],
    classes: ['a', 'b', 'c', 'd'],
  });
  const json = { ...reading, model: reader().toJSON(undefined, false) };
  expect((await buildJob(definition(json), '.')).initial).toEqual(once.initial);
  const reseeded = await buildJob(definition({ ...reading, seed: 6 }), '.');
  const kernel = ({ job, initial }: typeof once) =>
    initial.params.slice(job.params[2]!.offset, job.params[3]!.offset);
  expect(kernel(reseeded)).not.toEqual(kernel(once));
});

test('[JF1] a topology that leaves its initializers out starts from the same bytes every time', async () => {
  const dense = { units: 3, activation: 'softmax', batch_input_shape: [null, 4], name: 'only' };
  const layers = [{ class_name: 'Dense', config: dense }];
  const given = { model: { class_name: 'Sequential', config: { name: 'mine', layers } } };
  const [once, again] = [await buildJob(definition(given), '.'), await buildJob(definition(given), '.')];
  expect(again.initial).toEqual(once.initial);
  expect(once.job.params.map(({ name }) => name)).toEqual(['only/kernel', 'only/bias']);
});

test('[JF1] a name that the author chose is given to no other layer', async () => {
  const named = model(4, 3, 'dense_1');
  const { job } = await buildJob(definition({ model: named }), '.');
  expect(job.params.map(({ name }) => name)).toEqual([
    'dense_2/kernel',
    'dense_2/bias',
    'dense_1/kernel',
    'dense_1/bias',
  ]);
});

const { layers } = tf;
const softmax = () => layers.dense({ units: 3, activation: 'softmax' });
const behind = (...first: tf.layers.Layer[]) => ({ model: tf.sequential({ layers: [...first, softmax()] }) });
const values = dataset.arrays({
  name: 'Values',
  origin: 'here',
  licence: 'MIT',
  inputs: Array.from({ length: 40 }, (_, i) => [i, i, i, i]),
  targets: { kind: 'values', values: Array.from({ length: 40 }, (_, i) => [i, i, i]) },
  heldOut: 10,
});

/** 40 samples of three letters each, and the next one at every place. */
const letters: dataset.DatasetSource = {
  read: () => {
    const set = (count: number) => ({
      count,
      inputs: Uint8Array.from({ length: 3 * count }, (_, i) => i % 4),
      targets: Uint8Array.from({ length: 3 * count }, (_, i) => (i + 1) % 4),
    });
    return {
      name: 'Letters',
      origin: 'here',
      licence: 'MIT',
      input: { shape: [3], dtype: 'uint8', scale: 1 },
      target: { kind: 'classes', shape: [3], classes: ['a', 'b', 'c', 'd'] },
      train: set(30),
      evaluation: set(10),
    };
  },
};

/** Reads letters: a table, places, attention, and how likely each letter is next. */
function reader(outputs = 4, activation: 'softmax' | 'linear' = 'softmax'): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.embedding({ inputDim: 4, outputDim: 6, inputLength: 3 }),
      ownLayers.positionEmbedding({ sequenceLength: 3 }),
      ownLayers.multiHeadAttention({ numHeads: 2, keyDim: 3, useCausalMask: true }),
      tf.layers.dense({ units: outputs, activation }),
    ],
  });
}
const reading = { dataset: letters, model: reader(), loss: 'sparseCategoricalCrossentropy', trial: 'text' };

const iris = flowers.read('.');
const longClass = {
  read: () => ({ ...iris, target: { kind: 'class', classes: ['x'.repeat(65), 'y', 'z'] } }),
};

test.each<[string, Parameters<typeof definition>[0], string]>([
  ['an unknown loss', { loss: 'crossentropy' }, 'loss:'],
  ['an unknown metric', { metric: 'f1' }, 'metric:'],
  ['a bad seed', { seed: -1 }, 'seed:'],
  ['a bad name', { name: 'My Job' }, 'lower-case words'],
  ['a field that nobody knows', { typo: true } as never, 'typo'],
  ['an empty unit', { batch: { units: 0, unitSamples: 4 } }, 'batch.units:'],
  ['a batch that is not full', { batch: { units: 64, unitSamples: 4 } }, '256 samples, but'],
  ['an unknown optimizer', { optimizer: { kind: 'adm', learningRate: 1 } }, 'optimizer.kind:'],
  ['a bad learning rate', { optimizer: { kind: 'adam', learningRate: -1 } }, 'learningRate'],
  ['no learning rate', { optimizer: { kind: 'adam' } }, 'learningRate must be'],
  ['an input that does not fit', { model: model(5) }, 'takes inputs of shape [5]'],
  ['an output that does not fit', { model: model(4, 2) }, 'it must answer with 3 numbers'],
  ['an output of another rank', behind(layers.repeatVector({ n: 2, inputShape: [4] })), 'shape [2,3], but'],
  [
    'no probabilities',
    { model: tf.sequential({ layers: [layers.dense({ units: 3, inputShape: [4] })] }) },
    'softmax',
  ],
  ['values wanted, classes given', { loss: 'meanSquaredError' }, 'wants values'],
  ['classes wanted, values given', { dataset: values }, 'wants classes'],
  ['a metric of values for classes', { metric: 'meanAbsoluteError' }, 'use accuracy'],
  ['a metric of classes for values', { dataset: values, loss: 'meanSquaredError' }, 'use meanAbsoluteError'],
  [
    'a class at every place under another loss',
    { ...reading, loss: 'categoricalCrossentropy' },
    'class number',
  ],
  ['a metric of values for them', { ...reading, metric: 'meanAbsoluteError' }, 'use accuracy'],
  ['an answer for fewer classes', { ...reading, model: reader(3) }, 'it must answer with shape [3,4]'],
  ['no probabilities for them', { ...reading, model: reader(4, 'linear') }, "the activation 'softmax'"],
  ['sliders for them', { ...reading, trial: 'values' }, 'trial is values'],
  ['a text page for flowers', { trial: 'text' }, "the samples of 'Iris' are none"],
  ['an unknown layer', { model: { class_name: 'Nonsense', config: {} } }, 'cannot be built'],
  ['no model at all', { model: {} }, 'class_name and config'],
  ['a file that is not there', { model: 'no.json' }, 'no.json'],
  ['a class with a long name', { dataset: longClass }, 'samples.target.classes.0:'],
  [
    'noise',
    behind(layers.gaussianNoise({ stddev: 1, inputShape: [4] })),
    "'gaussian_noise_1' (GaussianNoise)",
  ],
  [
    'a constraint',
    behind(layers.dense({ units: 3, inputShape: [4], kernelConstraint: 'nonNeg' })),
    'kernel_constraint',
  ],
  ['a layer of the author’s own', behind(layers.inputLayer({ inputShape: [4] }), new Mine()), 'class Mine'],
])('[JF4] %s is refused in a sentence that names it', async (_, changes, part) => {
  const problems = await problemsOf(changes);
  expect(problems).toMatch(/^JobError: [^\n]*$/);
  expect(problems).toContain(part);
});

test('[JF5] all that is wrong is said at once', async () => {
  const problems = await problemsOf({ model: model(5, 2), batch: { units: 64, unitSamples: 4 } });
  expect(problems.split('\n')).toHaveLength(3);
  const unreadable = {
    read: () => {
      throw new Error('It rained.');
    },
  };
  expect(await problemsOf({ dataset: unreadable, model: {}, optimizer: { kind: 'adam' } })).toMatch(
    /learningRate.*\nIt rained\.\nmodel must be/,
  );
});

test('[JF6] an empty dataset and a label out of range are refused', async () => {
  const broken = (read: () => dataset.Dataset) => problemsOf({ dataset: { read } });
  const good = flowers.read('.');
  const none = { count: 0, inputs: new Float32Array(0), targets: new Uint8Array(0) };
  expect(await broken(() => ({ ...good, train: none }))).toContain('no samples to train on');
  const targets = Uint8Array.from(good.train.targets).fill(9, 3, 4);
  expect(await broken(() => ({ ...good, train: { ...good.train, targets } }))).toContain('sample 3 is 9');
});
