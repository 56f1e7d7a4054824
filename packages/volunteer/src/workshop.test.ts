import {
  EngineError,
  type EngineName,
  type EngineSpeed,
  type Experience,
  type StagedBatch,
} from '@manyhands/compute';
import type { JobProgram } from '@manyhands/protocol';
import { expect, test } from 'vitest';
import { isFailure } from './failure.ts';
import type { HeldLease } from './joined.ts';
import { NO_RESIDUALS } from './residual-store.ts';
import type { RememberedSpeed } from './speed-memory.ts';
import { EncodingEngine } from './testing/encoding-engine.ts';
import {
  type CountingEngine,
  choiceOf,
  countingEngine,
  littleDownload,
  PROGRAM,
} from './testing/little-job.ts';
import { bytesTo, MODEL, parametersAt, SPEC, START, version } from './testing/long-model.ts';
import { CPU, GPU } from './testing/session-driver.ts';
import { Workshop, type WorkshopPorts } from './workshop.ts';

const VERSION = { incarnation: 1, step: 5 };

function openWorkshop(
  openEngine: WorkshopPorts['openEngine'],
  lost = (_: string) => {},
  download: WorkshopPorts['download'] = littleDownload(),
): Workshop {
  const ports = { download, residuals: NO_RESIDUALS, now: () => 0, openEngine };
  return new Workshop('http://server', 'little', ports, { search: 'none' }, { lost, measured: () => {} });
}

function opened(engine: CountingEngine) {
  return { engine, choice: choiceOf(engine.device) };
}

function leaseOver(first: number): HeldLease {
  const run = { first, count: 1 };
  return { id: first, kind: 'train', version: VERSION, run, arrivedAtMs: 0, deadlineMs: 1, backup: false };
}

async function hold(workshop: Workshop): Promise<void> {
  const parameters = await workshop.fetchParameters(VERSION, undefined);
  if (isFailure(parameters)) throw new Error(parameters.sentence);
  workshop.hold(parameters);
}

test('[DX3] a lease that does not fit goes back, and the next engine takes units in more passes', async () => {
  const heard: Experience[] = [];
  const lost: string[] = [];
  const workshop = openWorkshop(
    async (_program, _report, { experience }) => {
      heard.push(structuredClone(experience!));
      const engine = countingEngine();
      engine.gradient = async () => {
        throw new EngineError('memory', 'This device has too little memory.');
      };
      return opened(engine);
    },
    (sentence) => lost.push(sentence),
  );
  await workshop.prepare(() => {});
  await hold(workshop);
  expect(await workshop.compute(leaseOver(0))).toBeUndefined();
  expect(lost).toEqual(['This device has too little memory.']);
  await workshop.prepare(() => {});
  expect(heard.map(({ passes }) => passes)).toEqual([{}, { 'tfjs-webgpu': 2 }]);
});

test('[DX4] a device that is lost again and again while it is opened is given up', async () => {
  const outcomes = ['lost', 'lost', 'open', 'lost', 'lost', 'lost'];
  let engine: CountingEngine | undefined;
  const workshop = openWorkshop(async () => {
    if (outcomes.shift() === 'lost') throw new EngineError('lost', 'Its worker was ended.');
    engine = countingEngine();
    return opened(engine);
  });
  const prepare = () => workshop.prepare(() => {});
  const passing = { failure: 'unreachable', sentence: 'Its worker was ended.' };
  expect([await prepare(), await prepare()]).toEqual([passing, passing]);
  expect(await prepare()).toEqual(engine!.device);
  engine!.lose();
  await engine!.lost;
  expect([await prepare(), await prepare()]).toEqual([passing, passing]);
  expect(await prepare()).toEqual({ ...passing, failure: 'incapable' });
});

test('[HA10] samples of a lease that waits go to the engine while another is computed, and are dropped if it ends', async () => {
  const engine = countingEngine();
  const { stage } = engine;
  const staged: StagedBatch[] = [];
  let tell = () => {};
  engine.stage = (samples) => {
    staged.push(stage(samples));
    tell();
    return staged.at(-1)!;
  };
  const untilStaged = (count: number) =>
    new Promise<void>((resolve) => {
      tell = () => staged.length === count && resolve();
      tell();
    });
  let finish = () => {};
  engine.gate = new Promise((resolve) => {
    finish = resolve;
  });
  const workshop = openWorkshop(async () => opened(engine));
  await workshop.prepare(() => {});
  await hold(workshop);
  const [first, second] = [leaseOver(0), leaseOver(1)];
  workshop.expect([first]);
  const computed = workshop.compute(first);
  workshop.expect([first, second]);
  await untilStaged(2);
  finish();
  expect(await computed).toMatchObject({ samples: 2, vector: Float32Array.of(5, 2, 0, -5, 4, 5) });
  workshop.expect([second]);
  expect(await workshop.compute(second)).toMatchObject({ vector: Float32Array.of(5, 2, 1, -5, 4, 5) });
  expect(staged).toHaveLength(2);

  const third = leaseOver(2);
  workshop.expect([third]);
  await untilStaged(3);
  workshop.expect([]);
  // Dropped once it is told, a few turns later.
  await workshop.retire();
  await expect(engine.gradient(staged[2]!, third.run, 4, 5)).rejects.toThrow('computed or dropped before');
});

/** A device on which TF.js on WebGPU takes 100 ms for a sample, and jax-js on WASM what a test says, or fails with that. */
function openSearching(otherMs: number | EngineError, program = PROGRAM, encoder?: EncodingEngine) {
  let nowMs = 0;
  const engines: CountingEngine[] = [];
  const opened: { only: EngineName | undefined; speeds: readonly EngineSpeed[] | undefined }[] = [];
  const measured: EngineSpeed[] = [];
  const remembered: RememberedSpeed[] = [];
  const lost: string[] = [];
  const tried: number[] = [];
  const openEngine: WorkshopPorts['openEngine'] = async (_program, _report, { only, speeds }) => {
    opened.push({ only, speeds });
    const engine = countingEngine();
    const gradient = engine.gradient.bind(engine);
    if (only !== undefined) Object.assign(engine, { name: only, device: CPU });
    engine.gradient = async (batch, run, units, step) => {
      if (only !== undefined) tried.push(run.count);
      const vector = await gradient(batch, run, units, step);
      if (only !== undefined && typeof otherMs !== 'number') throw otherMs;
      nowMs += 2 * run.count * (only === undefined ? 100 : Number(otherMs));
      return vector;
    };
    if (only === undefined && encoder !== undefined) encodeWith(engine, encoder, () => pass(200));
    engines.push(engine);
    const others = only === undefined ? (['jax-wasm'] as const) : (['tfjs-webgpu'] as const);
    return { engine, choice: { ...choiceOf(engine.device), setting: 'processor', others } };
  };
  const workshop = new Workshop(
    'http://server',
    'little',
    { download: littleDownload(() => program), residuals: NO_RESIDUALS, now: () => nowMs, openEngine },
    {
      search: 'fastest',
      remembered: [{ ...speedOf('tfjs-webgpu', 0.1), layoutHash: 'another' }],
      remember: (speed) => void remembered.push(speed),
    },
    { lost: (sentence) => void lost.push(sentence), measured: (speed) => void measured.push(speed) },
  );
  /** As many leases as it takes until it advises something. */
  async function work(): Promise<EngineName | undefined> {
    await workshop.prepare(() => {});
    await hold(workshop);
    for (let lease = 0; lease < 4; lease++) await workshop.compute(leaseOver(lease));
    return workshop.advised();
  }
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { workshop, work, engines, opened, measured, remembered, lost, tried, pass };
}

/** An engine that encodes; its device is gone when it is. */
function encodeWith(engine: CountingEngine, encoder: EncodingEngine, computed = () => {}): void {
  const { lose, dispose } = engine;
  Object.assign(engine, {
    encodedGradient: (...asked: Parameters<EncodingEngine['encodedGradient']>) => {
      computed();
      return encoder.encodedGradient(...asked);
    },
    lose() {
      encoder.lose();
      lose();
    },
    dispose() {
      encoder.lose();
      dispose();
    },
  });
}

const speedOf = (engine: EngineName, secondsPerSample: number): EngineSpeed => ({
  ...{ adapter: 'v a', engine, secondsPerSample },
});

test('[AU1] an engine that is faster on the units of the newest lease takes the place of the one at work', async () => {
  const { workshop, work, engines, opened, measured, remembered } = openSearching(20);
  expect(await work()).toBe('jax-wasm');
  expect(await workshop.audition('jax-wasm')).toEqual(CPU);
  expect(opened.map(({ only }) => only)).toEqual([undefined, 'jax-wasm']);
  expect(engines.map(({ disposed }) => disposed)).toEqual([true, false]);
  const speeds = [speedOf('tfjs-webgpu', 0.1), speedOf('jax-wasm', 0.02)];
  expect(measured).toEqual(speeds);
  expect(remembered).toEqual(speeds.map((speed) => ({ ...speed, layoutHash: 'a'.repeat(64) })));
  expect(workshop.engineNote).toBe(
    'This device changed to WebAssembly (jax-js), which is 5.0 times as fast here as WebGPU (TF.js).',
  );
  expect(await workshop.prepare(() => {})).toEqual(CPU);
  expect(await workshop.compute(leaseOver(1))).toMatchObject({ vector: Float32Array.of(5, 2, 1, -5, 4, 5) });
});

test('[AU2] one that is slower goes, and is told as what it is; it is tried with no more units than it has time for', async () => {
  const { workshop, work, engines, measured, tried } = openSearching(150);
  await work();
  await workshop.compute({ ...leaseOver(0), run: { first: 0, count: 4 } });
  expect(await workshop.audition('jax-wasm')).toEqual(GPU);
  expect(engines.map(({ disposed }) => disposed)).toEqual([false, true]);
  expect([measured.at(-1), tried]).toEqual([speedOf('jax-wasm', 0.15), [1, 1]]);
  expect(workshop.engineNote).toMatch(
    /^This device stays with WebGPU \(TF\.js\): .* takes 1\.5 times as long here\.$/,
  );
  expect(await workshop.compute(leaseOver(1))).toMatchObject({ vector: Float32Array.of(5, 2, 1, -5, 4, 5) });
});

test('[AU3] one that cannot compute changes nothing, and is not advised again', async () => {
  const failure = new EngineError('backend', 'It lacks a kernel.');
  const { workshop, work, engines, lost, pass } = openSearching(failure);
  expect(await work()).toBe('jax-wasm');
  expect(await workshop.audition('jax-wasm')).toEqual(GPU);
  expect(engines.map(({ disposed }) => disposed)).toEqual([false, true]);
  pass(60_000);
  expect([workshop.advised(), lost]).toEqual([undefined, []]);
  expect(workshop.engineNote).toMatch(/tried and failed\. It lacks a kernel\.$/);
});

test('[AU4] where the one at work is lost meanwhile, whatever was tried computes', async () => {
  const { workshop, work, engines, lost } = openSearching(150);
  await work();
  const auditioned = workshop.audition('jax-wasm');
  engines[0]!.lose();
  const prepared = workshop.prepare(() => {});
  expect(await auditioned).toEqual(CPU);
  expect(await prepared).toEqual(CPU);
  expect([engines.length, lost]).toEqual([2, ['The graphics device was lost.']]);
});

test('[AU5] an engine is chosen by the server’s table and what this browser remembers of this job, not of others', async () => {
  const { work, opened } = openSearching(20);
  await work();
  expect(opened).toEqual([{ only: undefined, speeds: [speedOf('jax-wasm', 0.05)] }]);
});

test('[AU7] for a job that is served by one class at a time what computes is measured, and nothing else is tried', async () => {
  const { work, measured } = openSearching(20, { ...PROGRAM, exact: true });
  expect(await work()).toBeUndefined();
  expect(measured).toEqual([speedOf('tfjs-webgpu', 0.1)]);
});

test('[AU6] where an engine was asked for by name nothing is measured, told, remembered or tried', async () => {
  let nowMs = 0;
  const download = littleDownload();
  const engine = countingEngine();
  const gradient = engine.gradient.bind(engine);
  engine.gradient = (...asked) => {
    nowMs += 500;
    return gradient(...asked);
  };
  const measured: EngineSpeed[] = [];
  const openEngine: WorkshopPorts['openEngine'] = async () => ({
    engine,
    choice: { ...choiceOf(GPU), others: ['jax-wasm'] },
  });
  const workshop = new Workshop(
    'http://server',
    'little',
    { download, residuals: NO_RESIDUALS, now: () => nowMs, openEngine },
    { search: 'none' },
    { lost: () => {}, measured: (speed) => void measured.push(speed) },
  );
  await workshop.prepare(() => {});
  await hold(workshop);
  for (let lease = 0; lease < 9; lease++) await workshop.compute(leaseOver(lease % 4));
  expect([workshop.advised(), measured, workshop.engineNote]).toEqual([undefined, [], undefined]);
  expect(download.asked).not.toContain('/speeds');
});

const SPARSE = { ...PROGRAM, codec: { kind: 'top-k', kept: 1, bits: 32 } } as const;
const encoding = () => new EncodingEngine(Float32Array.of(3, 2, 1, 0, 1, 1), { params: 3, state: 1 });

test('[CB8] before an engine gives way to a faster one, what it left out comes home', async () => {
  const encoder = encoding();
  const { workshop, work } = openSearching(20, SPARSE, encoder);
  expect(await work()).toBe('jax-wasm');
  const contributions = workshop.contributions!;
  for (let lease = 0; lease < 4; lease++) contributions.accepted(lease);
  expect(encoder.holds).toBe(4);
  expect(await workshop.audition('jax-wasm')).toEqual(CPU);
  // What had not come would be found to be lost.
  await contributions.comeHome();
  expect(contributions.takeLosses()).toBe(0);
});

test('[CB9] what an engine left out that is lost is told with the next answer', async () => {
  const engines = [countingEngine(), countingEngine()];
  encodeWith(engines[0]!, encoding());
  const [first] = engines;
  const download = littleDownload(() => SPARSE);
  const ports = {
    download,
    residuals: NO_RESIDUALS,
    now: () => 0,
    openEngine: async () => opened(engines.shift()!),
  };
  const ear = { lost: () => {}, measured: () => {} };
  const workshop = new Workshop('http://server', 'little', ports, { search: 'none' }, ear);
  await workshop.prepare(() => {});
  await hold(workshop);
  expect(await workshop.compute(leaseOver(0))).toMatchObject({ bytes: expect.any(Uint8Array) });
  first!.lose();
  await first!.lost;
  await workshop.prepare(() => {});
  expect(await workshop.compute(leaseOver(1))).toMatchObject({ vector: expect.any(Float32Array) });
  expect(workshop.contributions!.takeLosses()).toBe(1);
});

test('[HA18] who joins while all updates since the first version are here draws that and takes them', async () => {
  const program: JobProgram = { ...PROGRAM, model: MODEL, updates: SPEC };
  const asked: string[] = [];
  const workshop = openWorkshop(
    async () => opened(countingEngine()),
    undefined,
    async (url) => {
      const path = new URL(url).pathname.replace('/api/jobs/little/', '');
      asked.push(path);
      if (path === 'program') return new TextEncoder().encode(JSON.stringify(program));
      if (path === 'updates/1-0/1-3') return new Uint8Array(Buffer.concat([1, 2, 3].map(bytesTo)));
      return { failure: 'gone', sentence: `Nothing at ${path}.` };
    },
  );
  await workshop.prepare(() => {});
  expect(workshop.draw()).toEqual(START);
  expect(await workshop.fetchParameters(version(3), undefined)).toEqual(parametersAt(3));
  // Where they are gone, or the parameters are shorter, those are asked for.
  await workshop.fetchParameters(version(4), undefined);
  await workshop.fetchParameters(version(1_000), undefined);
  expect(asked).toEqual(['program', 'updates/1-0/1-3', 'updates/1-0/1-4', 'params/1-4', 'params/1-1000']);
});
