/**
 * The `Engine` in TF.js: checks what comes in, cuts it into passes of a fixed size, and moves data no more
 * often than it must. Calls take their turn, so that parameters never change under a block that is being computed.
 */

import { type ContributionShape, contributionLength, layoutSize } from '@manyhands/core';
import * as tf from '@tensorflow/tfjs-core';
import { requireBlock, requireSamples, requireVector } from '../batch-check.ts';
import type { Engine, ModelProgram, SampleBatch } from '../engine.ts';
import { doesNotFit, EngineError, isOutOfMemory, messageOf } from '../engine-error.ts';
import { nextTurn } from '../next-turn.ts';
import { type Pass, passesOfUnit, passSamples } from '../unit-passes.ts';
import type { Backend } from './backend.ts';
import type { TrainableModel } from './trainable-model.ts';

/** An engine over a started backend and a built model; it owns both. `onDispose` is called once. */
export function createTfjsEngine(
  program: ModelProgram,
  passes: number,
  model: TrainableModel,
  backend: Backend,
  onDispose: () => void,
): Engine {
  const shape: ContributionShape = { params: layoutSize(program.params), state: layoutSize(program.state) };
  const length = contributionLength(shape);
  const { unitSamples } = program;
  const turns = createTurns(backend);
  /** What inference computes at once. */
  const size = passSamples(unitSamples, passes);

  const inputsTensor = (values: Float32Array, samples = size) =>
    tf.tensor(values, [samples, ...model.inputShape]);
  const targetsTensor = (values: Float32Array, samples = size) =>
    tf.tensor(values, [samples, ...model.targetShape]);
  const write = (params: Float32Array, state: Float32Array) => {
    backend.write(model.params, program.params, params);
    backend.write(model.state, program.state, state);
  };

  return {
    device: backend.device,
    shape,
    passes,
    lost: backend.lost,

    setParams(params, state) {
      requireVector('parameters', params, shape.params);
      requireVector('non-trainable state', state, shape.state);
      if (turns.now(() => write(params, state))) return;
      const [heldParams, heldState] = [params.slice(), state.slice()];
      // A failure is not lost: the device is, and the next call says so.
      turns.take(async () => write(heldParams, heldState)).catch(() => {});
    },

    async gradient(batch, run, units, step) {
      requireBlock(run, units);
      requireSamples(model, batch, run.count * unitSamples);
      return turns.take(async () => {
        const fold = backend.fold(length);
        for (let unit = 0; unit < run.count; unit++) {
          for (const { first, count } of passesOfUnit(unitSamples, passes)) {
            const { inputs, targets, ids } = sliceOf(batch, unit * unitSamples + first, count);
            let added: Promise<void> | undefined;
            tf.tidy(() => {
              const sums = model.unit(inputsTensor(inputs, count), targetsTensor(targets, count), ids, step);
              added = fold.add(sums);
            });
            await added;
          }
        }
        return fold.take();
      });
    },

    async evaluate(batch) {
      const samples = batch.ids.length;
      requireSamples(model, batch, samples);
      if (samples === 0) return { lossSum: 0, metricSum: 0, samples };
      return turns.take(async () => {
        const sums = await readAfter(runsOf(samples, size), ({ first, count }) => {
          const { inputs, targets } = sliceOf(batch, first, count);
          const weights = new Float32Array(size).fill(1, 0, count);
          return model.score(
            inputsTensor(padded(inputs, count, size)),
            targetsTensor(padded(targets, count, size)),
            tf.tensor1d(weights),
          );
        });
        const total = (lane: number) => sums.reduce((sum, pair) => sum + pair[lane]!, 0);
        return { lossSum: total(0), metricSum: total(1), samples };
      });
    },

    async predict(inputs, count) {
      requireSamples(model, { inputs }, count);
      return turns.take(async () => {
        const inputSize = inputs.length / count;
        const runs = runsOf(count, size);
        const outputs = await readAfter(runs, (run) => {
          const part = inputs.subarray(run.first * inputSize, (run.first + run.count) * inputSize);
          return model.infer(inputsTensor(padded(part, run.count, size)));
        });
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
      backend.dispose();
      onDispose();
    },
  };

  /** The samples `first` to `first + count` of a batch; nothing is copied. */
  function sliceOf(batch: SampleBatch, first: number, count: number): SampleBatch {
    const samples = batch.ids.length;
    const cut = (values: Float32Array) => {
      const size = values.length / samples;
      return values.subarray(first * size, (first + count) * size);
    };
    return {
      inputs: cut(batch.inputs),
      targets: cut(batch.targets),
      ids: batch.ids.subarray(first, first + count),
    };
  }
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

/** Issues every pass, then reads all results: the device computes one while another travels. */
async function readAfter(runs: readonly Pass[], compute: (run: Pass) => tf.Tensor): Promise<Float32Array[]> {
  const results = runs.map((run) => tf.tidy(() => compute(run)));
  try {
    return await Promise.all(results.map((result) => result.data() as Promise<Float32Array>));
  } finally {
    for (const result of results) result.dispose();
  }
}

/** One call after another, until the device is lost or the engine closed. */
interface Turns {
  /** Runs `work` after all calls before it. */
  take<T>(work: () => Promise<T>): Promise<T>;
  /** Runs `work` at once and answers true, if no call is under way. */
  now(work: () => void): boolean;
  /** Ends it all; false when it was ended before. */
  close(): boolean;
}

function createTurns({ lost, verify }: Backend): Turns {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let ended: EngineError | undefined;
  lost.then((reason) => {
    ended ??= new EngineError('lost', `The graphics device is gone: ${reason} Open a new engine.`);
  });

  const requireAlive = () => {
    if (ended !== undefined) throw ended;
  };
  return {
    take(work) {
      waiting++;
      const result = last.then(async () => {
        try {
          requireAlive();
          return await verify(work);
        } catch (thrown) {
          // The loss is announced by a promise, and the reads that it broke may reject before it resolves.
          await nextTurn();
          requireAlive();
          if (thrown instanceof EngineError) throw thrown;
          if (isOutOfMemory(thrown)) throw doesNotFit(thrown);
          throw new EngineError('backend', `The device failed: ${messageOf(thrown)}`, { cause: thrown });
        } finally {
          waiting--;
        }
      });
      last = result.catch(() => {});
      return result;
    },
    now(work) {
      requireAlive();
      if (waiting > 0) return false;
      work();
      return true;
    },
    close() {
      if (ended?.kind === 'closed') return false;
      ended = new EngineError('closed', 'The engine was disposed.');
      return true;
    },
  };
}
