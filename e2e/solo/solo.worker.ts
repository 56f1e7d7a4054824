/**
 * The same training in one tab, without a server in the loop: sampler, engine, fixed tree, optimizer, one after the
 * other. It is the oracle of exactness (its bytes are those that many tabs must reach) and the yardstick of overhead (its
 * speed is what one tab could do if the platform cost nothing). Only the program, the samples and the first parameters
 * come from a server.
 */

import { type EngineName, openEngine, type SampleBatch } from '@manyhands/compute';
import {
  batchSamples,
  blockOf,
  canonicalize,
  contributionParts,
  createOptimizer,
  createReduction,
  createSampler,
  createSlots,
  layoutSize,
  type OptimizerSpec,
  unitsOf,
} from '@manyhands/core';
import { decodeSafetensors, type JobProgram, JobProgramSchema, ROUTES } from '@manyhands/protocol';

export interface SoloQuestion {
  readonly server: string;
  readonly job: string;
  /** `incarnation-step` of the parameters to start from. */
  readonly from: string;
  readonly optimizer: OptimizerSpec;
  readonly steps: number;
  /** Units computed at once, a power of two. */
  readonly blockUnits: number;
  /** Computes each batch as one unit: what a device could do that need not share. */
  readonly unbroken?: boolean;
  readonly engine?: EngineName;
  /** Another engine computes from this step on. */
  readonly takesOver?: { readonly engine: EngineName; readonly atStep: number };
}

export interface SoloResult {
  /** SHA-256 of parameters and state, as the server names a version. */
  readonly paramsSha256: string;
  /** Milliseconds of each step, the first without preparation. */
  readonly stepMs: readonly number[];
  readonly batchSamples: number;
  readonly backend: string;
}

export type SoloAnswer =
  | { readonly done: true; readonly result: SoloResult }
  | { readonly done: false; readonly sentence: string };

self.onmessage = async ({ data }: MessageEvent<SoloQuestion>) => {
  try {
    self.postMessage({ done: true, result: await trainAlone(data) } satisfies SoloAnswer);
  } catch (thrown) {
    const sentence = thrown instanceof Error ? thrown.message : String(thrown);
    self.postMessage({ done: false, sentence } satisfies SoloAnswer);
  }
};

async function trainAlone(question: SoloQuestion): Promise<SoloResult> {
  const program = await fetchProgram(question);
  const whole = { units: 1, unitSamples: batchSamples(program.batch) };
  const batch = question.unbroken === true ? whole : program.batch;
  const samples = await fetchSamples(question, program);
  const sampler = createSampler({
    seed: program.seed,
    samples: program.samples.train,
    batch,
    shuffle: program.shuffle,
  });
  const { params, state } = await fetchParameters(question, program);
  const open = (only: EngineName | undefined) =>
    openEngine(
      { ...program.model, seed: program.seed, unitSamples: batch.unitSamples },
      only === undefined ? {} : { only },
    );
  let { engine, choice } = await open(question.engine);
  const optimizer = createOptimizer(question.optimizer);
  const slots = createSlots(optimizer, params.length);
  const level = blockOf(Math.min(question.blockUnits, batch.units)).level;
  const stepMs: number[] = [];
  for (let step = 0; step < question.steps; step++) {
    if (step === question.takesOver?.atStep) {
      engine.dispose();
      ({ engine, choice } = await open(question.takesOver.engine));
    }
    const startedAt = performance.now();
    engine.setParams(params, state);
    const reduction = createReduction(batch.units);
    for (let index = 0; unitsOf({ level, index }, batch.units).count > 0; index++) {
      const run = unitsOf({ level, index }, batch.units);
      const vector = await engine.gradient(samples(sampler.indices(step, run)), run, batch.units, step);
      canonicalize(vector);
      reduction.add({ level, index }, vector);
    }
    const { gradientSum, stateSum } = contributionParts(reduction.root!, engine.shape);
    const count = batchSamples(batch);
    optimizer.apply(
      params,
      gradientSum.map((sum) => sum / count),
      slots,
      step,
    );
    state.set(stateSum.map((sum) => sum / count));
    stepMs.push(performance.now() - startedAt);
  }
  engine.dispose();
  const { backend } = choice.device;
  return { paramsSha256: await sha256(params, state), stepMs, batchSamples: batchSamples(batch), backend };
}

async function fetchProgram({ server, job }: SoloQuestion): Promise<JobProgram> {
  const answer = await fetch(new URL(ROUTES.program(job), server));
  return JobProgramSchema.parse(await answer.json());
}

async function fetchFile(path: string, server: string): Promise<Map<string, Uint8Array>> {
  const answer = await fetch(new URL(path, server));
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}.`);
  const tensors = decodeSafetensors(new Uint8Array(await answer.arrayBuffer()));
  if (typeof tensors === 'string') throw new Error(tensors);
  return new Map(tensors.map(({ name, bytes }) => [name, bytes]));
}

async function fetchParameters({ server, job, from }: SoloQuestion, { model }: JobProgram) {
  const tensors = await fetchFile(ROUTES.params(job, from), server);
  const flat = (layout: JobProgram['model']['params']) => {
    const vector = new Float32Array(layoutSize(layout));
    for (const { name, offset } of layout) vector.set(floats(tensors.get(name)!), offset);
    return vector;
  };
  return { params: flat(model.params), state: flat(model.state) };
}

/** All training samples in memory, and the batch of any indices among them. */
async function fetchSamples({ server, job }: SoloQuestion, { samples }: JobProgram) {
  const { input, target } = samples;
  const shards = Math.ceil(samples.train / samples.shardSamples);
  const inputSize = input.shape.reduce((a, b) => a * b, 1);
  const inputs: number[] = [];
  const targets: number[] = [];
  for (let shard = 0; shard < shards; shard++) {
    const tensors = await fetchFile(ROUTES.samples(job, 'train', shard), server);
    const stored = tensors.get('inputs')!;
    for (const value of input.dtype === 'uint8' ? stored : floats(stored)) inputs.push(value * input.scale);
    const labels = tensors.get('targets')!;
    const isBytes = labels.byteLength === inputs.length / inputSize - targets.length;
    for (const value of isBytes ? labels : floats(labels)) targets.push(value);
  }
  const allInputs = Float32Array.from(inputs);
  const classes = target.kind === 'class' && target.oneHot ? target.classes.length : 0;
  const targetSize = target.kind === 'class' ? 1 : target.shape.reduce((a, b) => a * b, 1);
  return (ids: Uint32Array): SampleBatch => {
    const batchInputs = new Float32Array(ids.length * inputSize);
    const batchTargets = new Float32Array(ids.length * (classes || targetSize));
    ids.forEach((id, row) => {
      batchInputs.set(allInputs.subarray(id * inputSize, (id + 1) * inputSize), row * inputSize);
      if (classes > 0) batchTargets[row * classes + targets[id]!] = 1;
      else
        for (let i = 0; i < targetSize; i++)
          batchTargets[row * targetSize + i] = targets[id * targetSize + i]!;
    });
    return { inputs: batchInputs, targets: batchTargets, ids };
  };
}

function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}

async function sha256(...vectors: readonly Float32Array[]): Promise<string> {
  const joined = new Blob(vectors.map((vector) => new Uint8Array(vector.slice().buffer)));
  const digest = await crypto.subtle.digest('SHA-256', await joined.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
