/** The model that everybody trains: one vector of parameters, one of state, and the optimizer that moves them. */

import type { Checkpoint, Measurement, Progress } from './checkpoint.ts';
import { type ContributionShape, contributionParts } from './contribution.ts';
import type { Units } from './earnings.ts';
import { batchSamples, type Job, shapeOf } from './job.ts';
import { type Loops, plainLoops } from './loops.ts';
import { createOptimizer, createSlots, globalNorm, type Optimizer } from './optimizer/index.ts';
import type { ParamsVersion } from './params.ts';

export interface Step {
  /** Means over the batch, of the parameters before the update. */
  readonly training: Measurement;
  /** Euclidean length of the mean gradient, before clipping. */
  readonly gradientNorm: number;
}

export class CentralModel {
  readonly #shape: ContributionShape;
  readonly #samples: number;
  readonly #optimizer: Optimizer;
  readonly #params: Float32Array;
  readonly #state: Float32Array;
  readonly #slots: readonly Float32Array[];
  #version: ParamsVersion;

  /** Copies the vectors of the checkpoint, those that a step goes over into the room of its loops. */
  constructor(job: Job, from: Checkpoint, loops: Loops = plainLoops) {
    this.#shape = shapeOf(job);
    this.#samples = batchSamples(job.batch);
    this.#optimizer = createOptimizer(job.optimizer, loops);
    this.#params = inRoom(from.params, loops);
    this.#state = from.state.slice();
    this.#slots = from.slots.map((slot) => inRoom(slot, loops));
    this.#version = from.version;
  }

  get version(): ParamsVersion {
    return this.#version;
  }

  get shape(): ContributionShape {
    return this.#shape;
  }

  /**
   * One optimization step from the sum over the whole batch, which is overwritten. The one division by the number of
   * samples happens here: gradients travel and merge as sums. Undefined, and the model has not moved, when finite
   * contributions added up to infinity.
   */
  apply(sum: Float32Array): Step | undefined {
    const { gradientSum: gradient, stateSum, lossSum, metricSum } = contributionParts(sum, this.#shape);
    for (let i = 0; i < gradient.length; i++) gradient[i] = gradient[i]! / this.#samples;
    const gradientNorm = globalNorm(gradient);
    if (!Number.isFinite(gradientNorm)) return undefined;
    for (let i = 0; i < stateSum.length; i++) this.#state[i] = stateSum[i]! / this.#samples;
    const { incarnation, step } = this.#version;
    this.#optimizer.apply(this.#params, gradient, this.#slots, step);
    this.#version = { incarnation, step: step + 1 };
    return {
      training: {
        step,
        loss: lossSum / this.#samples,
        metric: metricSum / this.#samples,
        samples: this.#samples,
      },
      gradientNorm,
    };
  }

  /** Copies that the receiver owns. */
  copy(): { readonly params: Float32Array; readonly state: Float32Array } {
    return { params: this.#params.slice(), state: this.#state.slice() };
  }

  checkpoint(progress: Progress, earned: Units): Checkpoint {
    return {
      version: this.#version,
      ...this.copy(),
      slots: this.#slots.map((slot) => slot.slice()),
      progress,
      earned,
    };
  }
}

/** A copy, where these loops are fastest. */
function inRoom(vector: Float32Array, loops: Loops): Float32Array {
  const room = loops.room(vector.length) ?? new Float32Array(vector.length);
  room.set(vector);
  return room;
}

/** The checkpoint from which a new job starts. */
export function initialCheckpoint(job: Job, params: Float32Array, state: Float32Array): Checkpoint {
  const optimizer = createOptimizer(job.optimizer);
  return {
    version: { incarnation: 1, step: 0 },
    params,
    state,
    slots: createSlots(optimizer, params.length),
    progress: { status: 'running' },
    earned: new Map(),
  };
}

/** The same contents under a name that no lost version can have had. Nothing was earned between the two. */
export function recovered(checkpoint: Checkpoint): Checkpoint {
  const { incarnation, step } = checkpoint.version;
  return { ...checkpoint, version: { incarnation: incarnation + 1, step }, earned: new Map() };
}
