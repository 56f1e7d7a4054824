/** The model that everybody trains: one vector of parameters, one of state, and the optimizer that moves them. */

import { canonical } from './canonical.ts';
import type { Checkpoint, Measurement, Progress } from './checkpoint.ts';
import { type ContributionShape, contributionParts } from './contribution.ts';
import type { Units } from './earnings.ts';
import type { Gathered } from './gathering.ts';
import { type Job, shapeOf } from './job.ts';
import { type Loops, plainLoops } from './loops.ts';
import { type ModelUpdate, sendsUpdates, UpdateWriter } from './model-update.ts';
import { createOptimizer, createSlots, globalNorm, type Optimizer } from './optimizer/index.ts';
import { FIRST_VERSION, type ParamsVersion } from './params.ts';

export interface Step {
  /** Means over the batch, of the parameters before the update. */
  readonly training: Measurement;
  /** Euclidean length of the mean gradient, before clipping. */
  readonly gradientNorm: number;
  /** What made this version out of the one before; undefined where whole parameters travel. */
  readonly update: ModelUpdate | undefined;
}

export class CentralModel {
  readonly #shape: ContributionShape;
  readonly #optimizer: Optimizer;
  /** Undefined where whole parameters travel. */
  readonly #updates: UpdateWriter | undefined;
  /** Room for where the optimizer goes; none where it always goes there. */
  readonly #moved: Float32Array | undefined;
  readonly #params: Float32Array;
  readonly #state: Float32Array;
  /** The optimizer's; behind them, where updates are sent, what these have left out. */
  readonly #slots: readonly Float32Array[];
  #version: ParamsVersion;

  /** Copies the vectors of the checkpoint, those that a step goes over into the room of its loops. */
  constructor(job: Job, from: Checkpoint, loops: Loops = plainLoops) {
    this.#shape = shapeOf(job);
    this.#optimizer = createOptimizer(job.optimizer, loops);
    this.#params = inRoom(from.params, loops);
    if (sendsUpdates(job.updates)) this.#updates = new UpdateWriter(job, this.#shape);
    if (keepsMoved(job)) this.#moved = inRoom(from.params, loops);
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
   * One optimization step from what came in, whose sum is overwritten. The one division by the number of samples happens
   * here: gradients travel and merge as sums. The less weight the samples have, the smaller is the step. Undefined, and the model has
   * not moved, when finite contributions added up to infinity.
   */
  apply({ sum, samples, weight }: Gathered): Step | undefined {
    const { gradientSum: gradient, stateSum, lossSum, metricSum } = contributionParts(sum, this.#shape);
    for (let i = 0; i < gradient.length; i++) gradient[i] = gradient[i]! / weight;
    const gradientNorm = globalNorm(gradient);
    if (!Number.isFinite(gradientNorm)) return undefined;
    for (let i = 0; i < stateSum.length; i++) this.#state[i] = stateSum[i]! / weight;
    const { incarnation, step } = this.#version;
    const update = this.#descend(gradient, weight / samples, step);
    this.#version = { incarnation, step: step + 1 };
    return {
      training: { step, loss: lossSum / weight, metric: metricSum / weight, samples },
      gradientNorm,
      update,
    };
  }

  /** Goes the part `share`, 1 for all, of the way that the optimizer would go. */
  #descend(gradient: Float32Array, share: number, step: number): ModelUpdate | undefined {
    const params = this.#params;
    const slots = this.#slots.slice(0, this.#optimizer.slots);
    const moved = this.#moved;
    if (moved === undefined) {
      this.#optimizer.apply(params, gradient, slots, step);
      return undefined;
    }
    moved.set(params);
    this.#optimizer.apply(moved, gradient, slots, step);
    if (share !== 1)
      for (let i = 0; i < moved.length; i++)
        moved[i] = canonical(Math.fround(params[i]! + share * (moved[i]! - params[i]!)));
    if (this.#updates !== undefined)
      return this.#updates.write(params, moved, this.#state, this.#slots.at(-1)!, step);
    params.set(moved);
    return undefined;
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

/** Whether a step is looked at before it is taken: to send it, or to take only a part of it. */
export function keepsMoved({ updates, strategy }: Pick<Job, 'updates' | 'strategy'>): boolean {
  return sendsUpdates(updates) || strategy.kind === 'async';
}

/** A copy, where these loops are fastest. */
function inRoom(vector: Float32Array, loops: Loops): Float32Array {
  const room = loops.room(vector.length) ?? new Float32Array(vector.length);
  room.set(vector);
  return room;
}

/** The checkpoint from which a new job starts. */
export function initialCheckpoint(job: Job, params: Float32Array, state: Float32Array): Checkpoint {
  const slots = createSlots(createOptimizer(job.optimizer), params.length);
  if (sendsUpdates(job.updates)) slots.push(new Float32Array(params.length));
  return {
    version: FIRST_VERSION,
    params,
    state,
    slots,
    progress: { status: 'running' },
    earned: new Map(),
  };
}

/** The same contents under a name that no lost version can have had. Nothing was earned between the two. */
export function recovered(checkpoint: Checkpoint): Checkpoint {
  const { incarnation, step } = checkpoint.version;
  return { ...checkpoint, version: { incarnation: incarnation + 1, step }, earned: new Map() };
}
