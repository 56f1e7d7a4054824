/**
 * What every version must contain, computed on one machine by the plainest loop: all units in order, the tree as a
 * recursion, one optimizer. It shares `merge`, the sampler, the optimizer and codecs with the production code; they have
 * references of their own. Rounds, leases, blocks, the reduction and checkpoints it knows nothing of.
 */

import {
  batchSamples,
  type Checkpoint,
  canonicalize,
  createOptimizer,
  type Job,
  type Measurement,
  merge,
  sendsUpdates,
  shapeOf,
  type UnitRun,
  updateCodec,
} from '@manyhands/core';
import type { Bowl } from './bowl.ts';

export interface Truth {
  readonly params: Float32Array;
  readonly state: Float32Array;
  readonly slots: readonly Float32Array[];
}

export class Oracle {
  readonly #job: Job;
  readonly #bowl: Bowl;
  readonly #truths: Truth[];

  constructor(job: Job, bowl: Bowl, first: Checkpoint) {
    this.#job = job;
    this.#bowl = bowl;
    this.#truths = [copy(first)];
  }

  /** The contents of the parameters after so many steps, whoever computed them. */
  at(step: number): Truth {
    for (let next = this.#truths.length; next <= step; next++) this.#truths.push(this.#after(next - 1));
    return this.#truths[step]!;
  }

  /** What an honest volunteer answers to a lease over this run. */
  sum(step: number, { first, count }: UnitRun): Float32Array {
    return this.#sum(step, first, count);
  }

  evaluation(step: number): Measurement {
    const { samples, evaluation } = this.#job;
    const model = this.#model(step);
    let lossSum = 0;
    let metricSum = 0;
    for (let unit = 0; unit * evaluation.unitSamples < samples.evaluation; unit++) {
      const sums = this.#bowl.evaluate(model, unit);
      lossSum += sums.lossSum;
      metricSum += sums.metricSum;
    }
    return {
      step,
      loss: lossSum / samples.evaluation,
      metric: metricSum / samples.evaluation,
      samples: samples.evaluation,
    };
  }

  #after(step: number): Truth {
    const { batch, updates } = this.#job;
    const { params: width, state: states } = shapeOf(this.#job);
    const mean = this.#sum(step, 0, batch.units).map((sum) => sum / batchSamples(batch));
    const next = copy(this.#truths[step]!);
    next.state.set(mean.subarray(width, width + states));
    const optimizer = createOptimizer(this.#job.optimizer);
    optimizer.apply(next.params, mean.slice(0, width), next.slots.slice(0, optimizer.slots), step);
    return sendsUpdates(updates) ? this.#asTold(this.#truths[step]!.params, next) : next;
  }

  /** Volunteers are told what changed in few bits, and the parameters do what they are told: the rest waits in the last slot. */
  #asTold(before: Float32Array, { params: moved, state, slots }: Truth): Truth {
    const residual = slots.at(-1)!;
    const due = moved.map((x, i) => x - before[i]! + residual[i]!);
    const codec = updateCodec(this.#job.updates, shapeOf(this.#job));
    const whole = Float32Array.of(...due, ...state);
    // None of the codecs of these worlds draws by chance.
    const told = codec.decode(codec.encode(whole, 0), whole.length) as Float32Array;
    const change = told.slice(0, due.length);
    const leftOut = due.map((x, i) => x - change[i]!);
    canonicalize(leftOut);
    return { params: merge(before.slice(), change), state, slots: [...slots.slice(0, -1), leftOut] };
  }

  /** The units first … first + count − 1: the left subtree is the largest power of two that leaves something over. */
  #sum(step: number, first: number, count: number): Float32Array {
    if (count === 1) return this.#bowl.leaf(this.#model(step), first);
    let left = 1;
    while (2 * left < count) left *= 2;
    return merge(this.#sum(step, first, left), this.#sum(step, first + left, count - left));
  }

  #model(step: number) {
    return { version: { incarnation: 0, step }, ...this.at(step) };
  }
}

function copy({ params, state, slots }: Truth): Truth {
  return { params: params.slice(), state: state.slice(), slots: slots.map((slot) => slot.slice()) };
}
