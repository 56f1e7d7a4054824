/**
 * Units of the strategy `local`: each is some steps of training by itself, from the parameters of the round, with an
 * optimizer that remembers nothing. What is answered is how far it went, `start − end`, times the samples of its steps, so that the server
 * adds answers up and divides by their samples as it does with gradients. State travels alike.
 *
 * The optimizer runs on the CPU, in the very loops of the server, and the device computes gradients as ever: what a unit comes
 * to depends on nothing but its samples and the class of the device.
 *
 * Loaded where a job asks for it: whoever joins another does not download optimizers.
 */

import type { Engine, SampleBatch, StagedBatch } from '@manyhands/compute';
import {
  canonicalize,
  contributionLength,
  contributionParts,
  createOptimizer,
  createSlots,
  createTreeFold,
  type LocalStrategy,
  merge,
  type UnitRun,
} from '@manyhands/core';
import { type Failure, isFailure } from './failure.ts';
import type { Parameters } from './parameters.ts';

export interface LocalWork {
  readonly engine: Engine;
  readonly strategy: LocalStrategy;
  readonly start: Parameters;
  readonly run: UnitRun;
  /** Of one step: samples of its own for each. */
  readonly unitSamples: number;
  /** The samples of this step of this unit, on their way to the engine. */
  readonly stage: (unit: number, step: number) => Promise<StagedBatch | SampleBatch | Failure>;
  /** Somebody still waits for the answer. */
  readonly wanted: () => boolean;
  /** Milliseconds by `now`. From then on no step is begun, but for the first of a unit. */
  readonly stopAtMs: number;
  readonly now: () => number;
}

export interface LocalAnswer {
  /** As a contribution is laid out, in canonical form; the caller owns it. */
  readonly vector: Float32Array;
  /** Of all steps that were taken: at least one for each unit. */
  readonly samples: number;
}

/** Leaves other parameters on the engine. Rejects as the engine does. */
export async function trainLocally(work: LocalWork): Promise<LocalAnswer | Failure> {
  const fold = createTreeFold<Float32Array>(merge);
  let samples = 0;
  const { first, count } = work.run;
  for (let unit = first; unit < first + count; unit++) {
    // Where there is not time for all, the units that are left get equal parts of it.
    const share = (work.stopAtMs - work.now()) / (first + count - unit);
    const answer = await trainUnit(work, unit, work.now() + share);
    if (isFailure(answer)) return answer;
    fold.add(answer.vector);
    samples += answer.samples;
  }
  return { vector: fold.take()!, samples };
}

async function trainUnit(
  { engine, strategy, start, unitSamples, stage, wanted, now }: LocalWork,
  unit: number,
  stopAtMs: number,
): Promise<LocalAnswer | Failure> {
  const optimizer = createOptimizer(strategy.optimizer);
  const slots = createSlots(optimizer, start.params.length);
  const params = start.params.slice();
  const state = start.state.slice();
  let lossSum = 0;
  let metricSum = 0;
  let taken = 0;
  let next: ReturnType<typeof stage> | undefined = stage(unit, 0);
  while (next !== undefined) {
    const batch = await next;
    if (isFailure(batch)) return batch;
    next = taken + 1 < strategy.steps ? stage(unit, taken + 1) : undefined;
    engine.setParams(params, state);
    // No other step of the job has this number, so none draws the same dropout for a sample.
    const step = start.version.step * strategy.steps + taken;
    const sums = contributionParts(await engine.gradient(batch, ONE_UNIT, 1, step), engine.shape);
    const gradient = sums.gradientSum;
    for (let i = 0; i < gradient.length; i++) gradient[i] = gradient[i]! / unitSamples;
    optimizer.apply(params, gradient, slots, taken);
    for (let i = 0; i < state.length; i++) state[i] = sums.stateSum[i]! / unitSamples;
    lossSum += sums.lossSum;
    metricSum += sums.metricSum;
    taken++;
    if (next !== undefined && !(wanted() && now() < stopAtMs)) {
      drop(await next);
      break;
    }
  }
  const samples = taken * unitSamples;
  const vector = new Float32Array(contributionLength(engine.shape));
  const { gradientSum: way, stateSum } = contributionParts(vector, engine.shape);
  for (let i = 0; i < way.length; i++) way[i] = samples * (start.params[i]! - params[i]!);
  for (let i = 0; i < state.length; i++) stateSum[i] = samples * state[i]!;
  vector.set([lossSum, metricSum], way.length + state.length);
  canonicalize(vector);
  return { vector, samples };
}

/** To an engine every step is a batch of one unit. */
const ONE_UNIT: UnitRun = { first: 0, count: 1 };

function drop(batch: StagedBatch | SampleBatch | Failure): void {
  if ('drop' in batch) batch.drop();
}
