import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadJob } from './load-job.ts';

/** Far from any node_modules. */
const folder = mkdtempSync(join(tmpdir(), 'manyhands-job-'));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (file: string, text: string) => {
  writeFileSync(join(folder, file), text);
  return join(folder, file);
};
const problemOf = (path: string) => loadJob(path).catch((error: Error) => `${error.name}: ${error.message}`);

write('size.ts', 'export const size: number = 3;');
write('flowers.csv', `a,b,kind\n${Array.from({ length: 30 }, (_, i) => `${i},1,k${i % 3}`).join('\n')}\n`);
write(
  'model.json',
  JSON.stringify({
    modelTopology: {
      class_name: 'Sequential',
      config: {
        name: 's',
        layers: [
          {
            class_name: 'Dense',
            config: { units: 3, activation: 'softmax', batch_input_shape: [null, 2], name: 'd' },
          },
        ],
      },
    },
  }),
);

const job = (model: string) => `
import * as tf from '@tensorflow/tfjs';
import { csv, defineJob } from 'manyhands';
import { size } from './size.ts';

export default defineJob({
  name: 'flowers', title: 'Flowers', operator: 'the tests', summary: 'Small.',
  model: ${model},
  dataset: csv({
    name: 'Flowers', origin: 'Written here', licence: 'MIT', file: 'flowers.csv',
    inputs: ['a', 'b'], targets: { kind: 'class', column: 'kind' }, heldOut: 6,
  }),
  loss: 'sparseCategoricalCrossentropy', metric: 'accuracy',
  optimizer: { kind: 'sgd', learningRate: 0.1 },
  batch: { units: 2, unitSamples: 4 },
  seed: 1, stop: { steps: 9, metricAtLeast: 0.9 }, evaluateEverySteps: 3,
});
`;
const built = write(
  'job.ts',
  job(
    "tf.sequential({ layers: [tf.layers.dense({ units: size, activation: 'softmax', inputShape: [2] })] })",
  ),
);

test('[JF7] a job is read from any folder, with what lies beside it and with our own modules', async () => {
  const { name, job, dataset, program } = await loadJob(folder);
  expect({ name, train: job.samples.train, held: dataset.evaluation.count }).toEqual({
    name: 'flowers',
    train: 24,
    held: 6,
  });
  expect(program.about.data).toBe('Written here. Licence: MIT.');
  expect((await loadJob(built)).contentHash).toBe((await loadJob(folder)).contentHash);
});

test('[JF7] a model may be the path of its topology, from the job’s folder on', async () => {
  const { job: read } = await loadJob(write('other.ts', job("'model.json'")));
  expect(read.params.map(({ shape }) => shape)).toEqual([[2, 3], [3]]);
});

test('[JF7] a stop that is given with the command goes before the file’s own', async () => {
  expect((await loadJob(folder, { steps: 4 })).job.stop).toEqual({ steps: 4, metricAtLeast: 0.9 });
});

test.each([
  ['a path where nothing is', () => join(folder, 'none'), 'There is no job at'],
  ['a folder without a job', () => join(folder, '..'), 'has no job.ts'],
  ['a file that is not TypeScript', () => write('broken.ts', 'export default {,'), 'broken.ts:1:16'],
  ['a file that needs what is missing', () => write('lone.ts', "import './nobody.ts';"), "'./nobody.ts'"],
  ['a file that fails', () => write('fails.ts', "throw new Error('It rained.')"), 'It rained.'],
  ['a file that exports nothing', () => write('empty.ts', 'export const job = 1;'), 'exports no job'],
])('[JF8] %s is refused in one sentence', async (_, path, part) => {
  const problem = await problemOf(path());
  expect(problem).toMatch(/^JobError: [^\n]*\.$/);
  expect(problem).toContain(part);
});

test('[JF8] what is wrong with a job comes with the name of its file', async () => {
  const problem = await problemOf(write('wrong.ts', 'export default { name: 7 };'));
  expect(problem).toMatch(/^JobError: .*wrong\.ts is not a job that can be run:\n/);
  expect(problem).toContain('name: Invalid input: expected string, received number.');
  expect(problem).toContain('seed: is missing.');
});
