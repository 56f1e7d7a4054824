/**
 * Units of the strategy `local`: each is some steps of training by itself, from the parameters of the round, with an
 * optimizer that remembers nothing. What is answered is how far it went, `start − end`, times the samples of its steps, so that the server
 * adds answers up and divides by their samples as it does with gradients. State travels alike.
 *
 * Steps are taken on the device where it has kernels for the optimizer, and on the processor otherwise.
 *
 * Loaded where a job asks for it: whoever joins another does not download optimizers.
 */

import type { Engine, LocalTraining, SampleBatch, StagedBatch, UnreadSum } from '@manyhands/compute';
import type { LocalStrategy, UnitRun } from '@manyhands/core';
import { type Failure, isFailure } from './failure.ts';
import type { Parameters } from './parameters.ts';
import { createProcessorTraining } from './processor-training.ts';

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
  /** How far all units went, wherever it lies. */
  readonly sum: UnreadSum;
  /** Of all steps that were taken: at least one for each unit. */
  readonly samples: number;
}

/** Leaves other parameters on the engine. Rejects as the engine does. */
export async function trainLocally(work: LocalWork): Promise<LocalAnswer | Failure> {
  const training = beginTraining(work);
  let samples = 0;
  const { first, count } = work.run;
  for (let unit = first; unit < first + count; unit++) {
    // Where there is not time for all, the units that are left get equal parts of it.
    const share = (work.stopAtMs - work.now()) / (first + count - unit);
    const trained = await trainUnit(work, training, unit, work.now() + share);
    if (isFailure(trained)) return trained;
    samples += trained.taken * work.unitSamples;
  }
  return { sum: training, samples };
}

function beginTraining({ engine, strategy, start, unitSamples }: LocalWork): LocalTraining {
  const { localTraining } = engine;
  if (localTraining !== undefined) {
    engine.setParams(start.params, start.state);
    const training = localTraining(strategy.optimizer);
    if (training !== undefined) return training;
  }
  return createProcessorTraining(engine, strategy.optimizer, start, unitSamples);
}

/** How many steps were taken. */
async function trainUnit(
  { strategy, start, stage, wanted, now }: LocalWork,
  training: LocalTraining,
  unit: number,
  stopAtMs: number,
): Promise<{ readonly taken: number } | Failure> {
  let taken = 0;
  let next: ReturnType<typeof stage> | undefined = stage(unit, 0);
  while (next !== undefined) {
    const batch = await next;
    if (isFailure(batch)) return batch;
    next = taken + 1 < strategy.steps ? stage(unit, taken + 1) : undefined;
    // No other step of the job has this number, so none draws the same dropout for a sample.
    await training.step(batch, taken, start.version.step * strategy.steps + taken);
    taken++;
    if (next !== undefined && !(wanted() && now() < stopAtMs)) {
      drop(await next);
      break;
    }
  }
  return { taken };
}

function drop(batch: StagedBatch | SampleBatch | Failure): void {
  if ('drop' in batch) batch.drop();
}
