/** A job small enough to read: 16 samples of two bytes, two classes, four units of two, and an engine that only counts. */

import {
  ENGINES,
  type Engine,
  type EngineChoice,
  type OpenedEngine,
  samplesIn,
  WaitingBatch,
} from '@manyhands/compute';
import type { DeviceClass } from '@manyhands/core';
import { encodeSafetensors, type JobProgram, type SpeedRow } from '@manyhands/protocol';
import type { Download } from '../download.ts';
import { GPU } from './session-driver.ts';

export const PROGRAM: JobProgram = {
  id: 'little',
  about: { title: 'Little', operator: 'Tests', summary: 'Nothing is learned.', data: 'Counted.' },
  layoutHash: 'a'.repeat(64),
  model: {
    topology: {},
    params: [
      { name: 'w', shape: [2], offset: 0, size: 2 },
      { name: 'b', shape: [1], offset: 2, size: 1 },
    ],
    state: [{ name: 'mean', shape: [1], offset: 0, size: 1 }],
    loss: 'categoricalCrossentropy',
    metric: 'accuracy',
  },
  samples: {
    train: 16,
    evaluation: 5,
    shardSamples: 8,
    input: { shape: [2], dtype: 'uint8', scale: 1 },
    target: { kind: 'class', classes: ['even', 'odd'], oneHot: true },
  },
  batch: { units: 4, unitSamples: 2 },
  evaluation: { unitSamples: 4 },
  shuffle: { shardSamples: 8, windowShards: 1 },
  seed: 1,
  stop: { steps: 10 },
  trial: 'values',
};

/** What the server's table says: jax-js on WASM, beside the adapter that every engine here is beside. */
const SPEED: SpeedRow = {
  ...{ adapter: 'v a', engine: ENGINES['jax-wasm'].library, backend: 'wasm' },
  ...{ secondsPerSample: 0.05, accounts: 1, measuredAt: 0 },
};

/** Serves the job as the server does; the parameters of step t are [t, t, t] and the state is [−t]. They wait for `gate`. */
export function littleDownload(
  program: () => JobProgram = () => PROGRAM,
): Download & { readonly asked: string[]; gate: Promise<void> } {
  const asked: string[] = [];
  const serve: Download = async (url) => {
    const path = url.replace('http://server/api/jobs/little', '') || '/';
    asked.push(path);
    const [, what, which] = path.split('/');
    if (what === 'program') return new TextEncoder().encode(JSON.stringify(program()));
    if (what === 'speeds') return new TextEncoder().encode(JSON.stringify([SPEED]));
    if (what === 'params') {
      await served.gate;
      return paramsFile(Number(which!.split('-')[1]));
    }
    if (what === 'samples')
      return shardFile(program(), which as 'train' | 'evaluation', Number(path.split('/')[3]));
    return { failure: 'gone', sentence: `Nothing at ${path}.` };
  };
  const served = Object.assign(serve, { asked, gate: Promise.resolve() });
  return served;
}

export function paramsFile(step: number): Uint8Array<ArrayBuffer> {
  const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
  return encodeSafetensors([
    { name: 'mean', dtype: 'F32', shape: [1], bytes: floats(-step) },
    { name: 'w', dtype: 'F32', shape: [2], bytes: floats(step, step) },
    { name: 'b', dtype: 'F32', shape: [1], bytes: floats(step) },
  ]);
}

function shardFile({ samples }: JobProgram, set: 'train' | 'evaluation', shard: number) {
  const length = Math.min(8, samples[set] - shard * 8);
  const of = Array.from({ length }, (_, i) => shard * 8 + i);
  return encodeSafetensors([
    { name: 'inputs', dtype: 'U8', shape: [length, 2], bytes: Uint8Array.from(of.flatMap((i) => [i, i])) },
    { name: 'targets', dtype: 'U8', shape: [length], bytes: Uint8Array.from(of.map((i) => i % 2)) },
  ]);
}

export interface CountingEngine extends Engine {
  name: Engine['name'];
  device: Engine['device'];
  /** The device is pulled out. */
  lose(): void;
  /** Computations wait for this. */
  gate: Promise<void>;
  readonly disposed: boolean;
}

/** Contributions are [step of the parameters, samples, first unit, state, units, step]. */
export function countingEngine(): CountingEngine {
  let held = { params: new Float32Array(), state: new Float32Array() };
  let lose: (sentence: string) => void = () => {};
  let disposed = false;
  return {
    name: 'tfjs-webgpu',
    device: GPU,
    shape: { params: 3, state: 1 },
    passes: 1,
    encodedGradient: undefined,
    localTraining: undefined,
    lost: new Promise((resolve) => {
      lose = resolve;
    }),
    gate: Promise.resolve(),
    get disposed() {
      return disposed;
    },
    lose: () => lose('The graphics device was lost.'),
    setParams(params, state) {
      held = { params: params.slice(), state: state.slice() };
    },
    stage: (samples) => new WaitingBatch(samples),
    async gradient(batch, run, units, step) {
      const { ids } = samplesIn(batch);
      await this.gate;
      return Float32Array.of(held.params[0]!, ids.length, run.first, held.state[0]!, units, step);
    },
    async evaluate(batch) {
      const { inputs, ids } = samplesIn(batch);
      await this.gate;
      return { lossSum: held.params[0]!, metricSum: inputs[0]!, samples: ids.length };
    },
    async predict(inputs) {
      return Float32Array.of(held.params[0]!, inputs[0]!);
    },
    dispose() {
      disposed = true;
    },
  };
}

/** Nothing else could compute here. */
export function choiceOf(device: DeviceClass): EngineChoice {
  const here = { adapter: 'v a', setting: 'adapter', others: [] } as const;
  return { device, software: false, passedOver: [], ...here };
}

/** Opens counting engines and remembers them. */
export function countingEngines() {
  const engines: CountingEngine[] = [];
  return {
    engines,
    openEngine: async (): Promise<OpenedEngine> => {
      const engine = countingEngine();
      engines.push(engine);
      return { engine, choice: choiceOf(engine.device) };
    },
  };
}
