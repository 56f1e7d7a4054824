/**
 * The same training on one machine, in the order in which the words are read: draw the batch, compute each unit, fold the
 * tree, divide, step. No rounds, leases, blocks or volunteers. Whatever the coordinator does, it must end with these bytes.
 */

import {
  batchSamples,
  canonicalize,
  contributionParts,
  createOptimizer,
  createSampler,
  createSlots,
  drawOf,
  type Job,
  merge,
  shapeOf,
} from '../src/index.ts';

export interface Model {
  readonly params: Float32Array;
  readonly state: Float32Array;
}

/** The contribution of the samples of one unit, summed in their order. */
export type Compute = (samples: Uint32Array, model: Model) => Float32Array;

/** The model after the last step of the job; `first` is not written to. */
export function trainAlone(job: Job, first: Model, compute: Compute): Model {
  const batch = drawOf(job.batch, job.strategy);
  const sampler = createSampler({ ...job, batch, samples: job.samples.train });
  const optimizer = createOptimizer(job.optimizer);
  const model = { params: first.params.slice(), state: first.state.slice() };
  const slots = createSlots(optimizer, model.params.length);
  for (let step = 0; step < job.stop.steps; step++) {
    const leaves = Array.from({ length: job.batch.units }, (_, unit) =>
      canonical(compute(sampler.indices(step, { first: unit, count: 1 }), model)),
    );
    const mean = fold(leaves).map((sum) => sum / batchSamples(batch));
    const { gradientSum: gradient, stateSum: state } = contributionParts(mean, shapeOf(job));
    optimizer.apply(model.params, gradient.slice(), slots, step);
    model.state.set(state);
  }
  return model;
}

/** The left subtree is the largest power of two that leaves something over; a missing sibling passes through. */
export function fold(leaves: readonly Float32Array[]): Float32Array {
  if (leaves.length === 1) return leaves[0]!.slice();
  let left = 1;
  while (2 * left < leaves.length) left *= 2;
  return merge(fold(leaves.slice(0, left)), fold(leaves.slice(left)));
}

function canonical(vector: Float32Array): Float32Array {
  canonicalize(vector);
  return vector;
}
