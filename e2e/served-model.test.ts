/** The model as anybody may take it along: by the library's own loader, and compared with what a volunteer's engine answers. */

import { openEngine } from '@manyhands/compute';
import { type JobProgram, ROUTES } from '@manyhands/protocol';
import * as tf from '@tensorflow/tfjs';
import { arrays, buildJob, defineJob, type LoadedJob } from 'manyhands';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { removeFolders, startTiny, type TinyServer } from '../apps/server/src/testing/tiny-server.ts';
import { unzipped } from '../apps/server/src/testing/unzipped.ts';

const SIDE = 6;
const SAMPLES = 8;
/** Two tensor libraries are loaded, which takes a busy machine a while. */
vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

let server: TinyServer;
/** What an engine with the same parameters and state answers. */
let expected: Float32Array;

const pictures = Array.from({ length: 40 }, (_, sample) => picture(sample));
const inputs = Float32Array.from(pictures.slice(0, SAMPLES).flat(3));

beforeAll(async () => {
  const job = await pictureJob();
  server = await startTiny({ job });
  const { model, seed, batch } = job.program;
  const program = { ...model, seed, unitSamples: batch.unitSamples };
  const { engine } = await openEngine(program, { only: 'tfjs-cpu' });
  engine.setParams(job.initial.params, job.initial.state);
  expected = await engine.predict(inputs, SAMPLES);
  engine.dispose();
});
afterAll(async () => {
  await server.close();
  removeFolders();
});

test('[HT26] tf.loadLayersModel loads the address as it is, and the model answers as an engine does', async () => {
  const model = await tf.loadLayersModel(new URL(ROUTES.model(server.jobId!), server.url).href);
  const program = (await (await server.get(ROUTES.program(server.jobId!))).json()) as JobProgram;
  const names = [...program.model.params, ...program.model.state].map(({ name }) => name);
  expect(model.weights.map(({ originalName }) => originalName).sort()).toEqual(names.sort());
  expectSameAnswers(model);
});

test('[HT26] so do the files of the archive', async () => {
  const archive = await (await server.get(ROUTES.archive(server.jobId!, 'latest'))).arrayBuffer();
  const [json, weights] = [...unzipped(Buffer.from(archive)).values()];
  const { modelTopology, weightsManifest } = JSON.parse(json!.toString()) as tf.io.ModelJSON;
  const weightSpecs = weightsManifest[0]!.weights;
  const weightData = new Uint8Array(weights!).buffer;
  expectSameAnswers(await tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData })));
});

function expectSameAnswers(model: tf.LayersModel): void {
  const answered = tf.tidy(() =>
    (model.predict(tf.tensor(inputs, [SAMPLES, SIDE, SIDE, 1])) as tf.Tensor).dataSync(),
  );
  expect(answered).toHaveLength(expected.length);
  for (const [i, value] of answered.entries()) expect(value).toBeCloseTo(expected[i]!, 6);
  model.dispose();
}

/** Filters, batch norm and dropout: what a loader could lose, or put in another order. */
async function pictureJob(): Promise<LoadedJob> {
  const labels = pictures.map((_, sample) => sample % 3);
  const layers = [
    tf.layers.conv2d({ filters: 2, kernelSize: 3, activation: 'relu', inputShape: [SIDE, SIDE, 1] }),
    tf.layers.batchNormalization(),
    tf.layers.flatten(),
    tf.layers.dropout({ rate: 0.5 }),
    tf.layers.dense({ units: 3, activation: 'softmax' }),
  ];
  const job = await buildJob(
    defineJob({
      ...{ name: 'pictures', title: 'Pictures', operator: 'the tests', summary: 'Learns nothing.' },
      model: tf.sequential({ layers }),
      dataset: arrays({
        ...{ name: 'pictures', origin: 'Computed', licence: 'none', inputs: pictures, heldOut: 8 },
        targets: { kind: 'class', classes: ['a', 'b', 'c'], labels },
      }),
      ...{ loss: 'sparseCategoricalCrossentropy', metric: 'accuracy' },
      optimizer: { kind: 'sgd', learningRate: 0.1 },
      ...{ batch: { units: 4, unitSamples: 4 }, seed: 3, stop: { steps: 10 }, evaluateEverySteps: 5 },
    }),
    '.',
  );
  // The statistics of no batch at all would answer the same if they were lost.
  const state = job.initial.state.map((value, i) => value + 0.5 + i / 8);
  return { ...job, initial: { ...job.initial, state } };
}

function picture(sample: number): number[][][] {
  const line = Array.from({ length: SIDE }, (_, i) => i);
  return line.map((row) => line.map((column) => [Math.sin(sample + row * 1.3 + column * column)]));
}
