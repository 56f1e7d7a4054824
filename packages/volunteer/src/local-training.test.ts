import { type Engine, type SampleBatch, samplesIn, WaitingBatch } from '@manyhands/compute';
import { canonicalize, completeOptimizerSpec, type LocalStrategy, merge } from '@manyhands/core';
import { describe, expect, test } from 'vitest';
import { isFailure } from './failure.ts';
import { type LocalWork, trainLocally } from './local-training.ts';
import { countingEngine } from './testing/little-job.ts';

const START = {
  version: { incarnation: 1, step: 3 },
  params: Float32Array.of(1, -2, 0.5),
  state: Float32Array.of(0.25),
};
const UNIT_SAMPLES = 2;

function local(
  steps: number,
  optimizer = completeOptimizerSpec({ kind: 'sgd', learningRate: 0.1 }),
): LocalStrategy {
  return { kind: 'local', steps, optimizer };
}

/** Pulls parameter i towards i + 1 times the sample's number; state follows the first input. */
function pullingEngine(): Engine & { readonly asked: number[] } {
  let held = { params: new Float32Array(), state: new Float32Array() };
  const asked: number[] = [];
  return {
    ...countingEngine(),
    asked,
    setParams(params, state) {
      held = { params: params.slice(), state: state.slice() };
    },
    async gradient(batch, run, units, step) {
      expect([run, units]).toEqual([{ first: 0, count: 1 }, 1]);
      asked.push(step);
      return gradientOf(samplesIn(batch).ids, held);
    },
  };
}

function gradientOf(
  ids: Uint32Array,
  { params, state }: { readonly params: Float32Array; readonly state: Float32Array },
): Float32Array {
  const sum = new Float32Array(6);
  for (const id of ids) {
    params.forEach((x, i) => {
      sum[i]! += x - id * (i + 1);
    });
    sum[3]! += 0.5 * state[0]! + id;
    sum[4]! += id;
    sum[5]! += 1;
  }
  return sum;
}

/** Of step `step` of unit `unit`. */
function batchOf(unit: number, step: number): SampleBatch {
  const ids = Uint32Array.of(10 * unit + step, 10 * unit + step + 1);
  return { inputs: new Float32Array(2), targets: new Float32Array(2), ids };
}

function work(engine: Engine, changes: Partial<LocalWork> = {}): LocalWork {
  return {
    engine,
    strategy: local(3),
    start: START,
    run: { first: 1, count: 1 },
    unitSamples: UNIT_SAMPLES,
    stage: async (unit, step) => engine.stage(batchOf(unit, step)),
    wanted: () => true,
    stopAtMs: Number.POSITIVE_INFINITY,
    now: () => 0,
    ...changes,
  };
}

async function answerTo(asked: LocalWork) {
  const answer = await trainLocally(asked);
  if (isFailure(answer)) throw new Error(answer.sentence);
  return { vector: await answer.sum.whole(), samples: answer.samples };
}

/** One unit with plain SGD of rate 0.1, in the order in which the words are read. */
function plainUnit(unit: number, steps: number): Float32Array {
  const params = START.params.slice();
  const state = START.state.slice();
  let [loss, metric] = [0, 0];
  for (let step = 0; step < steps; step++) {
    const sum = gradientOf(batchOf(unit, step).ids, { params, state });
    for (let i = 0; i < 3; i++) params[i] = params[i]! - 0.1 * Math.fround(sum[i]! / UNIT_SAMPLES);
    state[0] = sum[3]! / UNIT_SAMPLES;
    loss += sum[4]!;
    metric += sum[5]!;
  }
  const samples = steps * UNIT_SAMPLES;
  const way = params.map((x, i) => samples * (START.params[i]! - x));
  const vector = Float32Array.of(...way, samples * state[0]!, loss, metric);
  canonicalize(vector);
  return vector;
}

describe('Local training', () => {
  test('[LT1] a unit is steps with an optimizer from the parameters of the round, and its answer how far it went times its samples', async () => {
    const engine = pullingEngine();
    const { vector, samples } = await answerTo(work(engine));
    expect(samples).toBe(6);
    expect(vector).toEqual(plainUnit(1, 3));
    // The parameters of the round are not written to, and dropout is drawn for steps that no other round has.
    expect(START.params).toEqual(Float32Array.of(1, -2, 0.5));
    expect(engine.asked).toEqual([9, 10, 11]);
  });

  test('[LT2] units begin anew, each with an optimizer that remembers nothing, and are folded in the order of the tree', async () => {
    const optimizer = completeOptimizerSpec({ kind: 'adam', learningRate: 0.1 });
    const strategy = local(4, optimizer);
    const of = async (first: number, count: number) =>
      (await answerTo(work(pullingEngine(), { strategy, run: { first, count } }))).vector;
    const [a, b, c] = [await of(0, 1), await of(1, 1), await of(2, 1)];
    expect(await of(0, 3)).toEqual(merge(merge(a, b), c));
  });

  test('[LT3] one step of SGD with a rate of 1 is the gradient', async () => {
    const strategy = local(1, completeOptimizerSpec({ kind: 'sgd', learningRate: 1 }));
    const { vector } = await answerTo(work(pullingEngine(), { strategy }));
    const gradient = gradientOf(batchOf(1, 0).ids, START);
    for (let i = 0; i < gradient.length; i++) expect(vector[i]).toBeCloseTo(gradient[i]!, 4);
  });

  test('[LT4] when its time is up a unit is cut short, after one step at least, and what it took is counted', async () => {
    let nowMs = 0;
    const engine = pullingEngine();
    const { gradient } = engine;
    engine.gradient = (...asked) => {
      nowMs += 10;
      return gradient(...asked);
    };
    const clock = { strategy: local(8), now: () => nowMs };
    const cut = await answerTo(work(engine, { ...clock, stopAtMs: 25 }));
    expect([cut.samples, cut.vector]).toEqual([3 * UNIT_SAMPLES, plainUnit(1, 3)]);
    const late = await answerTo(work(engine, { ...clock, stopAtMs: 0 }));
    expect([late.samples, late.vector]).toEqual([UNIT_SAMPLES, plainUnit(1, 1)]);
    nowMs = 0;
    // Two units share the time: none of them is left out.
    const both = await answerTo(work(engine, { ...clock, run: { first: 0, count: 2 }, stopAtMs: 60 }));
    expect([both.samples, both.vector]).toEqual([6 * UNIT_SAMPLES, merge(plainUnit(0, 3), plainUnit(1, 3))]);
  });

  test('[LT5] when nobody waits any more it ends with the step that is under way, and what lay ready is dropped', async () => {
    const staged: WaitingBatch[] = [];
    let wanted = true;
    const engine = pullingEngine();
    const stage = async (unit: number, step: number) => {
      staged.push(new WaitingBatch(batchOf(unit, step)));
      if (step === 2) wanted = false;
      return staged.at(-1)!;
    };
    const { samples } = await answerTo(work(engine, { strategy: local(100), stage, wanted: () => wanted }));
    expect(samples).toBe(2 * UNIT_SAMPLES);
    expect(staged).toHaveLength(3);
    for (const batch of staged) expect(() => batch.take()).toThrow();
  });

  test('[LT7] where the device takes steps by itself it is told them, and otherwise, or with another optimizer, they are taken here', async () => {
    const told: (readonly [ids: number[], taken: number, step: number])[] = [];
    const held: Float32Array[] = [];
    const there = Float32Array.of(1, 2, 3, 4, 5, 6);
    const engine: Engine = {
      ...pullingEngine(),
      setParams: (params, state) => void held.push(params.slice(), state.slice()),
      localTraining: ({ kind }) =>
        kind === 'sgd'
          ? {
              step: async (batch, taken, step) => void told.push([[...samplesIn(batch).ids], taken, step]),
              whole: async () => there,
              encoded: undefined,
            }
          : undefined,
    };
    const run = { first: 0, count: 2 };
    expect(await answerTo(work(engine, { strategy: local(2), run }))).toEqual({ vector: there, samples: 8 });
    expect(held).toEqual([START.params, START.state]);
    const first = 2 * START.version.step;
    expect(told).toEqual([
      [[0, 1], 0, first],
      [[1, 2], 1, first + 1],
      [[10, 11], 0, first],
      [[11, 12], 1, first + 1],
    ]);
    const adam = local(2, completeOptimizerSpec({ kind: 'adam', learningRate: 0.1 }));
    const here = { ...pullingEngine(), localTraining: engine.localTraining };
    const { vector } = await answerTo(work(here, { strategy: adam }));
    expect(vector).toEqual((await answerTo(work(pullingEngine(), { strategy: adam }))).vector);
    expect(told).toHaveLength(4);
  });

  test('[LT6] samples that cannot be had are why there is no answer', async () => {
    const gone = { failure: 'unreachable', sentence: 'The line is cut.' } as const;
    const engine = pullingEngine();
    const stage = async (unit: number, step: number) =>
      step === 2 ? gone : engine.stage(batchOf(unit, step));
    expect(await trainLocally(work(engine, { stage }))).toEqual(gone);
  });
});
