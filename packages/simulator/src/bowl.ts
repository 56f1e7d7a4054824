/**
 * The mathematics of a world: every sample pulls the parameters towards a point of its own, so the loss is a bowl whose
 * bottom is the mean of all points. It is cheap, really learned, and hard on mistakes: the points differ by six orders
 * of magnitude, so a sum in any other order, of any other samples, or from parameters of another step has other bytes.
 */

import {
  canonicalize,
  contributionLength,
  createRandom,
  createReduction,
  createSampler,
  drawOf,
  type Job,
  type Sampler,
  shapeOf,
  type UnitRun,
} from '@manyhands/core';
import type { Model } from './message.ts';

export class Bowl {
  readonly #job: Job;
  readonly #sampler: Sampler;
  readonly #width: number;
  readonly #states: number;
  readonly #length: number;
  /** One row of `width` numbers for every sample: the training set, then the held-out set. */
  readonly #points: Float64Array;

  constructor(job: Job) {
    this.#job = job;
    const batch = drawOf(job.batch, job.strategy);
    this.#sampler = createSampler({ ...job, batch, samples: job.samples.train });
    const shape = shapeOf(job);
    this.#width = shape.params;
    this.#states = shape.state;
    this.#length = contributionLength(shape);
    const random = createRandom(job.seed, POINTS_STREAM);
    this.#points = Float64Array.from(
      { length: (job.samples.train + job.samples.evaluation) * this.#width },
      () => (random.fraction() - 0.5) * 2 ** (random.below(20) - 10),
    );
  }

  /** The canonical contribution of one unit. */
  leaf(model: Model, unit: number): Float32Array {
    const vector = new Float32Array(this.#length);
    const sums = new Float64Array(this.#length);
    for (const sample of this.#sampler.indices(model.version.step, { first: unit, count: 1 })) {
      this.#addSample(sums, model, sample);
    }
    vector.set(sums);
    canonicalize(vector);
    return vector;
  }

  /**
   * How far a unit comes in so many steps of plain descent, of which each has samples of its own, times their number; the
   * state alike. In canonical form.
   */
  #way(model: Model, unit: number, steps: number): Float32Array {
    const { unitSamples } = this.#job.batch;
    const drawn = this.#sampler.indices(model.version.step, { first: unit, count: 1 });
    const now = { ...model, params: model.params.slice(), state: model.state.slice() };
    const vector = new Float32Array(this.#length);
    for (let step = 0; step < steps; step++) {
      const sums = new Float64Array(this.#length);
      for (const sample of drawn.subarray(step * unitSamples, (step + 1) * unitSamples))
        this.#addSample(sums, now, sample);
      for (let i = 0; i < this.#width; i++) now.params[i]! -= (LOCAL_RATE * sums[i]!) / unitSamples;
      for (let i = 0; i < this.#states; i++) now.state[i] = sums[this.#width + i]! / unitSamples;
      for (let i = this.#width + this.#states; i < this.#length; i++) vector[i]! += sums[i]!;
    }
    const samples = steps * unitSamples;
    for (let i = 0; i < this.#width; i++) vector[i] = samples * (model.params[i]! - now.params[i]!);
    for (let i = 0; i < this.#states; i++) vector[this.#width + i] = samples * now.state[i]!;
    canonicalize(vector);
    return vector;
  }

  /** The canonical contribution of a block, folded as a volunteer folds it; of `steps` each where units train by themselves. */
  sum(model: Model, run: UnitRun, steps: number): Float32Array {
    const tree = createReduction(run.count);
    const isLocal = this.#job.strategy.kind === 'local';
    for (let i = 0; i < run.count; i++) {
      const unit = run.first + i;
      const vector = isLocal ? this.#way(model, unit, steps) : this.leaf(model, unit);
      tree.add({ level: 0, index: i }, vector);
    }
    return tree.root!;
  }

  /** Loss and metric of one unit of the held-out set. */
  evaluate({ params }: Model, unit: number) {
    const { samples, evaluation } = this.#job;
    const first = unit * evaluation.unitSamples;
    const end = Math.min(samples.evaluation, first + evaluation.unitSamples);
    let lossSum = 0;
    let metricSum = 0;
    for (let sample = first; sample < end; sample++) {
      const loss = this.#loss(params, samples.train + sample);
      lossSum += loss;
      metricSum += loss < 1 ? 1 : 0;
    }
    return { samples: end - first, lossSum, metricSum };
  }

  /** Layout of a contribution: gradient, state, loss, metric. */
  #addSample(sums: Float64Array, { params, state }: Model, sample: number): void {
    const row = sample * this.#width;
    for (let i = 0; i < this.#width; i++) sums[i]! += params[i]! - this.#points[row + i]!;
    for (let i = 0; i < this.#states; i++) {
      sums[this.#width + i]! += STATE_DECAY * state[i]! + (1 - STATE_DECAY) * this.#points[row + i]!;
    }
    const loss = this.#loss(params, sample);
    sums[this.#width + this.#states]! += loss;
    sums[this.#width + this.#states + 1]! += loss < 1 ? 1 : 0;
  }

  #loss(params: Float32Array, sample: number): number {
    let loss = 0;
    for (let i = 0; i < this.#width; i++) {
      loss += (params[i]! - this.#points[sample * this.#width + i]!) ** 2 / 2;
    }
    return loss;
  }
}

/** Of a local step. */
const LOCAL_RATE = 0.05;

const POINTS_STREAM = 0xb0b1;

/** As in batch normalization: a moving mean of what the samples are. */
const STATE_DECAY = 0.9;
