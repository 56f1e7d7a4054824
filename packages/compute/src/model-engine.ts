/**
 * The `Engine` over a model on a device: checks what comes in, cuts it into passes of a fixed size, and moves data no more
 * often than it must. Calls take their turn, so that parameters never change under a block that is being computed.
 */

import { type ContributionShape, layoutSize, type UnitRun } from '@manyhands/core';
import { requireBlock, requireSamples, requireVector } from './batch-check.ts';
import type { DeviceModel, PassFold } from './device-model.ts';
import type { Engine, ModelProgram, SampleBatch, StagedBatch } from './engine.ts';
import type { EngineName } from './engine-choice.ts';
import { createLocalTraining } from './local-training.ts';
import { sliceOf } from './sample-slice.ts';
import { samplesIn, WaitingBatch } from './staged-batch.ts';
import { createTurns } from './turns.ts';
import { type Pass, passesOfUnit, passSamples } from './unit-passes.ts';

/** An engine that takes each unit in `passes`; it owns the model. `onDispose` is called once. */
export function createModelEngine(
  { name, program }: { readonly name: EngineName; readonly program: ModelProgram },
  passes: number,
  model: DeviceModel,
  onDispose: () => void,
): Engine {
  const shape: ContributionShape = { params: layoutSize(program.params), state: layoutSize(program.state) };
  const { unitSamples } = program;
  const turns = createTurns(model);
  /** What inference computes at once. */
  const size = passSamples(unitSamples, passes);

  const { encodedFold, descent: descentOf } = model;

  const block = async <Sum>(
    given: SampleBatch | StagedBatch,
    run: UnitRun,
    units: number,
    step: number,
    begin: () => PassFold<Sum>,
  ): Promise<Sum> => {
    const batch = samplesIn(given);
    requireBlock(run, units);
    requireSamples(model, batch, run.count * unitSamples);
    return turns.take(async () => {
      const fold = begin();
      for (let unit = 0; unit < run.count; unit++) {
        for (const { first, count } of passesOfUnit(unitSamples, passes)) {
          await fold.add(sliceOf(batch, unit * unitSamples + first, count), step);
        }
      }
      return fold.take();
    });
  };

  return {
    name,
    device: model.device,
    shape,
    passes,
    lost: model.lost,

    setParams(params, state) {
      requireVector('parameters', params, shape.params);
      requireVector('non-trainable state', state, shape.state);
      if (turns.now(() => model.write(params, state))) return;
      const [heldParams, heldState] = [params.slice(), state.slice()];
      // A failure is not lost: the device is, and the next call says so.
      turns.take(async () => model.write(heldParams, heldState)).catch(() => {});
    },

    stage: (samples) => new WaitingBatch(samples),

    gradient: (given, run, units, step) => block(given, run, units, step, () => model.fold()),

    encodedGradient:
      encodedFold &&
      ((given, run, units, step, encoding) => block(given, run, units, step, () => encodedFold(encoding))),

    localTraining:
      descentOf &&
      ((optimizer) => {
        const descent = descentOf(optimizer);
        return descent && createLocalTraining(descent, { model, turns, unitSamples, passes });
      }),

    async evaluate(given) {
      const batch = samplesIn(given);
      const samples = batch.ids.length;
      requireSamples(model, batch, samples);
      if (samples === 0) return { lossSum: 0, metricSum: 0, samples };
      return turns.take(async () => {
        const sums = await Promise.all(
          runsOf(samples, size).map(({ first, count }) => {
            const { inputs, targets } = sliceOf(batch, first, count);
            const whole = { inputs: padded(inputs, count, size), targets: padded(targets, count, size) };
            return model.score(whole, new Float32Array(size).fill(1, 0, count));
          }),
        );
        const total = (lane: number) => sums.reduce((sum, pair) => sum + pair[lane]!, 0);
        return { lossSum: total(0), metricSum: total(1), samples };
      });
    },

    async predict(inputs, count) {
      requireSamples(model, { inputs }, count);
      return turns.take(async () => {
        const inputSize = inputs.length / count;
        const runs = runsOf(count, size);
        const outputs = await Promise.all(
          runs.map((run) => {
            const part = inputs.subarray(run.first * inputSize, (run.first + run.count) * inputSize);
            return model.infer(padded(part, run.count, size), size);
          }),
        );
        const outputSize = model.outputShape.reduce((product, dimension) => product * dimension, 1);
        const answer = new Float32Array(count * outputSize);
        for (const [i, { first, count: real }] of runs.entries()) {
          answer.set(outputs[i]!.subarray(0, real * outputSize), first * outputSize);
        }
        return answer;
      });
    },

    dispose() {
      if (!turns.close()) return;
      model.dispose();
      onDispose();
    },
  };
}

/** Cuts `samples` into runs of `size`, the last of which may be shorter. */
function runsOf(samples: number, size: number): Pass[] {
  return Array.from({ length: Math.ceil(samples / size) }, (_, i) => ({
    first: i * size,
    count: Math.min(size, samples - i * size),
  }));
}

/**
 * `count` samples and the last of them again until there are `wanted`. A real sample and not zeros, for which a model
 * may answer something that has no loss; and NaN times a weight of 0 is NaN.
 */
function padded(values: Float32Array, count: number, wanted: number): Float32Array {
  if (count === wanted) return values;
  const size = values.length / count;
  const longer = new Float32Array(size * wanted);
  longer.set(values);
  const last = values.subarray(values.length - size);
  for (let sample = count; sample < wanted; sample++) longer.set(last, sample * size);
  return longer;
}
