/** An engine in a worker of its own is the engine that it would be here, and more than one of them can be. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine, ModelProgram, Preparation } from './engine.ts';
import { startEngine } from './engine-in-worker.ts';
import { nextTurn } from './next-turn.ts';
import { openOnCpu } from './testing/opened.ts';
import { copyOf, everything, layer, mlp, programOf, samplesOf, weightsOf } from './testing/programs.ts';
import { openOn } from './testing/worker-engine.ts';

const UNITS = 4;
const WHOLE = { first: 0, count: UNITS };
const program = everything(2);
const batch = samplesOf(2 * UNITS, 36, { oneHot: 5 });

/** In a worker of its own, with the weights of `weightsOf`; so is `large`, which takes its time. */
let engine: Engine;
let large: Engine;
const heard: Preparation[] = [];
const unit = samplesOf(256, 784, { oneHot: 10 });
const computeLarge = () => large.gradient(copyOf(unit), { first: 0, count: 1 }, 1, 3);

beforeAll(async () => {
  engine = await start(program, (step) => heard.push(step));
  large = await start(mlp(64, 256));
});
afterAll(() => {
  engine.dispose();
  large.dispose();
});

async function start(model: ModelProgram, onPreparation = (_: Preparation) => {}): Promise<Engine> {
  const { engine: started } = await startEngine(model, { only: 'tfjs-cpu', onPreparation });
  const { params, state } = weightsOf(model);
  started.setParams(params, state);
  return started;
}

const gradient = (by: Engine, samples = copyOf(batch)) => by.gradient(samples, WHOLE, UNITS, 3);

describe('an engine in a worker of its own', () => {
  test('[EW1] is of the same device and shape, and computes the same bytes', async () => {
    const here = await openOnCpu(program);
    expect([engine.device, engine.shape, engine.passes]).toEqual([here.device, here.shape, here.passes]);
    expect(await gradient(engine)).toEqual(await gradient(here));
    expect(await engine.evaluate(copyOf(batch))).toEqual(await here.evaluate(batch));
    const count = batch.ids.length;
    expect(await engine.predict(batch.inputs.slice(), count)).toEqual(
      await here.predict(batch.inputs, count),
    );
  });

  test('[EW2] parameters are the caller’s to change, and count for what is asked after them', async () => {
    const [before, after] = [weightsOf(program), weightsOf(program, 9)];
    const first = gradient(engine);
    // Views of something longer, as parameters in a frame are.
    const frame = Float32Array.of(...after.params, ...after.state, 1, 2, 3);
    const split = after.params.length;
    engine.setParams(frame.subarray(0, split), frame.subarray(split, split + after.state.length));
    frame.fill(0);
    const second = gradient(engine);
    engine.setParams(before.params, before.state);
    expect([before.params.length, frame.length]).toEqual([split, split + after.state.length + 3]);
    const again = gradient(engine);
    expect(await again).toEqual(await first);
    const here = await openOnCpu(program, after);
    expect(await second).toEqual(await gradient(here));
  });

  test('[EW3] samples and results are moved, and nothing is moved that lies beside them', async () => {
    const given = copyOf(batch);
    const vector = await gradient(engine, given);
    expect([given.inputs.length, given.targets.length, given.ids.length]).toEqual([0, 0, 0]);
    expect(vector.buffer.byteLength).toBe(vector.byteLength);
    const inputs = batch.inputs.slice();
    await engine.predict(inputs, batch.ids.length);
    expect(inputs).toHaveLength(0);
    const longer = Float32Array.of(...batch.inputs, 7);
    await gradient(engine, { ...copyOf(batch), inputs: longer.subarray(0, batch.inputs.length) });
    expect(longer.at(-1)).toBe(7);
    await expect(gradient(engine, given)).rejects.toThrow('detached');
  });

  test('[EW5] says no in the words of an engine that is here, and of its kind', async () => {
    for (const either of [engine, await openOnCpu(program)]) {
      const short = { ...copyOf(batch), ids: new Uint32Array(3) };
      await expect(gradient(either, short)).rejects.toMatchObject({
        ...{ name: 'EngineError', kind: 'batch', message: 'Expected 8 numbers of sample ids, got 3.' },
      });
      expect(() => either.setParams(new Float32Array(1), new Float32Array(6))).toThrow(
        'Expected 581 numbers',
      );
      expect(await gradient(either)).toHaveLength(581 + 6 + 2);
    }
  });

  test('[EW5] so where it is not opened, and its worker ends', async () => {
    const noisy = programOf({
      layers: [layer('GaussianNoise', 'culprit', { batch_input_shape: [4, 3], stddev: 0.1 })],
      params: [],
    });
    const others = await lifelines();
    const opening = startEngine(noisy, { only: 'tfjs-cpu' });
    const refused = expect(opening).rejects.toMatchObject({
      kind: 'model',
      message: expect.stringMatching(/'culprit'.*random numbers/),
    });
    const life = await lifelineBeside(others);
    await refused;
    await deathOf(life);
  });

  test('[EW6] preparation is told', () => {
    expect(new Set(heard.map(({ stage }) => stage))).toEqual(new Set(['device', 'model', 'kernels']));
    expect(heard.at(-1)).toEqual({ stage: 'kernels', done: 1, total: 1 });
  });

  test.each([
    ['die', 'Its worker was ended by the browser.'],
    ['fail', /^Its worker stopped: .*A mistake\.$/],
  ] as const)('[EW7] a worker that comes to an end is a lost device: %s', async (act, why) => {
    const frail = await openOn('tfjs-cpu', program);
    const failure = expect(gradient(frail.engine)).rejects.toMatchObject({ kind: 'lost' });
    // It takes its answer with it.
    void frail.ask(act);
    await expect(frail.engine.lost).resolves.toMatch(why);
    await failure;
    await expect(gradient(frail.engine)).rejects.toMatchObject({ kind: 'lost' });
    const { params, state } = weightsOf(program);
    expect(() => frail.engine.setParams(params, state)).toThrow('The engine is gone');
    frail.engine.stage(copyOf(batch)).drop();
  });

  test('[EW7] so is one that cannot be loaded', async () => {
    const nowhere = new Worker('/nowhere.js', { type: 'module' });
    await expect(startEngine(program, { only: 'tfjs-cpu' }, nowhere)).rejects.toMatchObject({
      ...{ kind: 'lost', message: 'The engine is gone: Its worker could not be loaded. Open a new engine.' },
    });
  });

  test('[EW8] to dispose of it is to end its worker, whatever that is at', async () => {
    const others = await lifelines();
    const short = await start(program);
    const life = await lifelineBeside(others);
    const closed = { kind: 'closed', message: 'The engine was disposed.' };
    const failure = expect(gradient(short)).rejects.toMatchObject(closed);
    short.dispose();
    await failure;
    await deathOf(life);
    await expect(short.predict(batch.inputs.slice(), batch.ids.length)).rejects.toMatchObject(closed);
    short.dispose();
  });

  test('[EW9] two of them compute beside each other', async () => {
    const alone = await gradient(engine);
    const both = await Promise.all([computeLarge(), gradient(engine), computeLarge()]);
    expect(both[1]).toEqual(alone);
    expect(both[0]).toEqual(both[2]);
  });

  test('[EW10] whoever asked has its thread for itself while it computes', async () => {
    let computing = true;
    const done = computeLarge().finally(() => {
      computing = false;
    });
    let turns = 0;
    for (; computing; turns++) await nextTurn();
    await done;
    expect(turns).toBeGreaterThan(100);
  });
});

describe.each([
  ['in this thread', () => openOnCpu(program)],
  ['in a worker', async () => engine],
])('samples for an engine %s', (_where, open) => {
  test('[EW4] are computed when it is asked to, in whatever order they were staged, and once', async () => {
    const either = await open();
    const other = samplesOf(2 * UNITS, 36, { oneHot: 5 }, 2);
    const expected = [await gradient(either), await gradient(either, copyOf(other))];
    const [first, second] = [either.stage(copyOf(batch)), either.stage(copyOf(other))];
    const late = either.gradient(second, WHOLE, UNITS, 3);
    expect(await either.gradient(first, WHOLE, UNITS, 3)).toEqual(expected[0]);
    expect(await late).toEqual(expected[1]);
    first.drop();
    const again = { kind: 'batch', message: 'These samples were computed or dropped before.' };
    await expect(either.gradient(first, WHOLE, UNITS, 3)).rejects.toMatchObject(again);
    const evaluated = await either.evaluate(either.stage(copyOf(batch)));
    expect(evaluated).toEqual(await either.evaluate(copyOf(batch)));
    const dropped = either.stage(copyOf(batch));
    dropped.drop();
    await expect(either.evaluate(dropped)).rejects.toMatchObject(again);
  });

  test('[EW4] are looked at when they are computed, and are for no other engine', async () => {
    const either = await open();
    const wrong = either.stage({ ...copyOf(batch), ids: new Uint32Array(3) });
    await expect(either.gradient(wrong, WHOLE, UNITS, 3)).rejects.toThrow('Expected 8 numbers of sample ids');
    const elsewhere = large.stage(copyOf(batch));
    await expect(either.gradient(elsewhere, WHOLE, UNITS, 3)).rejects.toMatchObject({ kind: 'batch' });
    elsewhere.drop();
  });
});

/** The locks by which workers are known to live. */
async function lifelines(): Promise<readonly string[]> {
  const { held = [] } = await navigator.locks.query();
  return held.map(({ name }) => name!).filter((name) => name.startsWith('manyhands worker'));
}

async function lifelineBeside(others: readonly string[]): Promise<string> {
  for (;;) {
    const own = (await lifelines()).find((name) => !others.includes(name));
    if (own !== undefined) return own;
  }
}

function deathOf(life: string): Promise<void> {
  return navigator.locks.request(life, () => {});
}
