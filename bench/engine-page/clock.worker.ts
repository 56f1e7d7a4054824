/** Times units on one engine, or on a model written by hand. In a worker of its own, which ends with it: an engine leaves nothing behind. */

import {
  type DeviceVector,
  type Engine,
  type EngineName,
  type ModelProgram,
  openEngine,
  type SampleBatch,
} from '@manyhands/compute';
import {
  completeOptimizerSpec,
  contributionCodec,
  createTreeFold,
  encodeDue,
  type LossyCodecSpec,
  layoutSize,
  merge,
} from '@manyhands/core';
import { createProcessorTraining } from '../../packages/volunteer/src/processor-training.ts';
import { type BareModel, openBare } from './bare.ts';

export interface ClockQuestion {
  readonly program: ModelProgram;
  readonly what:
    | { readonly engine: EngineName }
    /** Units are encoded on the device and on the processor in turn, with error feedback, as if every answer counted. */
    | { readonly engine: EngineName; readonly codec: LossyCodecSpec }
    /** So many steps of Adam by itself, on the device and on the processor in turn; what is timed is a whole unit of them. */
    | { readonly engine: EngineName; readonly localSteps: number }
    /** So many units as one block, and each by itself and merged here, in turn; what is timed are all of them. */
    | { readonly engine: EngineName; readonly block: number }
    | { readonly bare: BareModel; readonly on: 'webgpu' | 'wasm' };
  /** Units that are timed, after two that are not. */
  readonly units: number;
  /** What a sample looks like: so many numbers, or so many tokens of so many kinds. */
  readonly input: { readonly size: number; readonly tokens?: number };
  readonly target: { readonly size: number; readonly classes: number; readonly oneHot: boolean };
  /** URL of the folder with TF.js's .wasm files. */
  readonly wasmBase: string;
}

export interface ClockAnswer {
  /** Milliseconds until the engine could train. */
  readonly openMs: number;
  /** Milliseconds of each unit, from samples in memory to the sum of gradients in memory. */
  readonly unitMs: readonly number[];
  /** Bytes that were mapped to be read from a graphics adapter, for each. */
  readonly readBytes: readonly number[];
  /** Milliseconds until all was handed to the graphics adapter and its answer asked for, for each; of none without one. */
  readonly issueMs: readonly number[];
  /** Most bytes of buffers that lived on a graphics adapter at once; 0 without one. */
  readonly deviceBytes: number;
}

const WARM_UP = 2;

const reads = watchReads();
const memory = watchMemory();

self.onmessage = async ({ data }: MessageEvent<ClockQuestion>) => {
  try {
    self.postMessage({ answer: await clock(data) });
  } catch (thrown) {
    self.postMessage({ sentence: thrown instanceof Error ? thrown.message : String(thrown) });
  }
};

async function clock(question: ClockQuestion): Promise<ClockAnswer> {
  const startedAt = performance.now();
  const { compute, close } = await open(question);
  const openMs = performance.now() - startedAt;
  const unitMs: number[] = [];
  const readBytes: number[] = [];
  const issueMs: number[] = [];
  for (let unit = 0; unit < WARM_UP + question.units; unit++) {
    const batch = samplesOf(question, unit);
    const readBefore = reads.bytes;
    const begun = performance.now();
    await compute(batch, unit);
    if (unit < WARM_UP) continue;
    unitMs.push(performance.now() - begun);
    readBytes.push(reads.bytes - readBefore);
    if (reads.askedAt >= begun) issueMs.push(reads.askedAt - begun);
  }
  close();
  return { openMs, unitMs, readBytes, issueMs, deviceBytes: memory.most };
}

async function open({ program, what, wasmBase }: ClockQuestion) {
  if ('bare' in what) {
    const bare = await openBare(what.on, what.bare, program.unitSamples);
    return { compute: ({ inputs, targets }: SampleBatch) => bare(inputs, targets), close: () => {} };
  }
  const { engine } = await openEngine(program, { only: what.engine, wasmBase });
  const params = Float32Array.from(
    { length: layoutSize(program.params) },
    (_, i) => 0.05 * Math.sin(1 + i * 0.7),
  );
  engine.setParams(params, new Float32Array(layoutSize(program.state)).fill(1));
  const close = () => engine.dispose();
  if ('localSteps' in what) {
    const train = locally(engine, what.localSteps, program.unitSamples, params);
    return { compute: train, close };
  }
  if ('block' in what) return { compute: inBlocks(engine, what.block), close };
  if (!('codec' in what)) return { compute: whole(engine), close };
  const turns = [encodedThere(engine, what.codec), encodedHere(engine, what.codec)] as const;
  return { compute: (batch: SampleBatch, step: number) => turns[step % 2]!(batch, step), close };
}

function locally(engine: Engine, steps: number, unitSamples: number, params: Float32Array) {
  const optimizer = completeOptimizerSpec({ kind: 'adam', learningRate: 0.01 });
  const state = new Float32Array(engine.shape.state).fill(1);
  const start = { version: { incarnation: 1, step: 0 }, params, state };
  return async (batch: SampleBatch, turn: number) => {
    engine.setParams(params, state);
    const training =
      turn % 2 === 0
        ? engine.localTraining!(optimizer)!
        : createProcessorTraining(engine, optimizer, start, unitSamples);
    for (let taken = 0; taken < steps; taken++) await training.step(batch, taken, taken);
    await training.whole();
  };
}

function inBlocks(engine: Engine, units: number) {
  const again = <Values extends Float32Array | Uint32Array>(values: Values, times: number): Values => {
    const more = new (values.constructor as new (length: number) => Values)(values.length * times);
    for (let time = 0; time < times; time++) more.set(values, time * values.length);
    return more;
  };
  const batchOf = ({ inputs, targets, ids }: SampleBatch, times: number): SampleBatch => ({
    inputs: again(inputs, times),
    targets: again(targets, times),
    ids: again(ids, times),
  });
  return async (batch: SampleBatch, turn: number) => {
    if (turn % 2 === 0)
      return engine.gradient(batchOf(batch, units), { first: 0, count: units }, units, turn);
    const fold = createTreeFold<Float32Array>(merge);
    for (let unit = 0; unit < units; unit++)
      fold.add(await engine.gradient(batchOf(batch, 1), { first: unit, count: 1 }, units, turn));
    return fold.take()!;
  };
}

const UNIT = { first: 0, count: 1 };

function whole(engine: Engine) {
  return (batch: SampleBatch, step: number) => engine.gradient(batch, UNIT, 1, step);
}

function encodedThere(engine: Engine, codec: LossyCodecSpec) {
  let residual: readonly DeviceVector[] = [];
  return async (batch: SampleBatch, step: number) => {
    const encoded = await engine.encodedGradient!(batch, UNIT, 1, step, { codec, seed: step, residual });
    for (const part of residual) part.drop();
    residual = encoded.residual === 'kept' ? [] : [encoded.leftOut];
  };
}

function encodedHere(engine: Engine, spec: LossyCodecSpec) {
  const codec = contributionCodec(spec, engine.shape);
  let residual: readonly Float32Array[] = [];
  return async (batch: SampleBatch, step: number) => {
    const encoded = encodeDue(await engine.gradient(batch, UNIT, 1, step), residual, codec, step);
    residual = encoded.residual === 'kept' ? [] : [encoded.leftOut];
  };
}

/** However a library reads, it maps a buffer, and asks for that when everything before it was handed over. */
function watchReads(): { readonly bytes: number; readonly askedAt: number } {
  const reads = { bytes: 0, askedAt: Number.NEGATIVE_INFINITY };
  if (typeof GPUBuffer !== 'undefined') {
    const { mapAsync } = GPUBuffer.prototype;
    GPUBuffer.prototype.mapAsync = function (...asked) {
      reads.bytes += this.size;
      reads.askedAt = performance.now();
      return mapAsync.apply(this, asked);
    };
  }
  return reads;
}

function watchMemory(): { readonly most: number } {
  const memory = { now: 0, most: 0 };
  if (typeof GPUDevice !== 'undefined') {
    const { createBuffer } = GPUDevice.prototype;
    GPUDevice.prototype.createBuffer = function (...asked) {
      const buffer = createBuffer.apply(this, asked);
      memory.now += buffer.size;
      memory.most = Math.max(memory.most, memory.now);
      const { destroy } = buffer;
      buffer.destroy = () => {
        memory.now -= buffer.size;
        // Who destroys twice gives back once.
        buffer.destroy = destroy;
        destroy.call(buffer);
      };
      return buffer;
    };
  }
  return memory;
}

function samplesOf({ program, input, target }: ClockQuestion, salt: number): SampleBatch {
  const count = program.unitSamples;
  const noise = (i: number) => Math.abs(Math.sin(i * 12.9898 + salt)) % 1;
  const { tokens } = input;
  const inputs = Float32Array.from({ length: count * input.size }, (_, i) =>
    tokens === undefined ? noise(i) : Math.floor(noise(i) * (tokens - 1)),
  );
  const label = (i: number) => Math.floor(noise(i + 7) * (target.classes - 1));
  const targets = new Float32Array(count * target.size * (target.oneHot ? target.classes : 1));
  for (let i = 0; i < count * target.size; i++) {
    if (target.oneHot) targets[i * target.classes + label(i)] = 1;
    else targets[i] = label(i);
  }
  return { inputs, targets, ids: Uint32Array.from({ length: count }, (_, i) => i) };
}
