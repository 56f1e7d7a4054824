/**
 * Which samples a batch holds is a pure function of seed and step, so a lease need not say it. The stream of samples
 * is endless: one seeded permutation of the training set behind another, and batch t is its t-th full stretch.
 *
 * A permutation shuffles whole shards first, then the samples within a window of some shards. A volunteer that computes
 * a run of a batch therefore needs the shards of one or two windows and not the whole set; the price is that samples
 * further apart than a window never meet in a batch of one epoch, as in WebDataset and tf.data.
 */

import { type BatchShape, batchSamples, type ShuffleShape } from './job.ts';
import { createRandom, type Random, shuffle } from './random.ts';
import type { UnitRun } from './work-unit.ts';

export interface Sampler {
  /** Indices into the training set of the samples of a run of units, `run.count × unitSamples`, in order. */
  indices(step: number, run: UnitRun): Uint32Array;
}

export interface SamplerOptions {
  readonly seed: number;
  /** Samples in the training set; at least one. */
  readonly samples: number;
  readonly batch: BatchShape;
  readonly shuffle: ShuffleShape;
}

export function createSampler(options: SamplerOptions): Sampler {
  const { samples, batch } = options;
  const epochs = new Map<number, Uint32Array>();
  // A batch straddles so many; more are never asked for at once.
  const epochsMax = Math.ceil(batchSamples(batch) / samples) + 1;

  function epochOrder(epoch: number): Uint32Array {
    let order = epochs.get(epoch);
    if (order === undefined) {
      if (epochs.size >= epochsMax) epochs.delete(Math.min(...epochs.keys()));
      order = permutation(options, epoch);
      epochs.set(epoch, order);
    }
    return order;
  }

  return {
    indices(step, run) {
      const indices = new Uint32Array(run.count * batch.unitSamples);
      const first = step * batchSamples(batch) + run.first * batch.unitSamples;
      for (let i = 0; i < indices.length; i++) {
        const position = first + i;
        const epoch = Math.floor(position / samples);
        indices[i] = epochOrder(epoch)[position - epoch * samples]!;
      }
      return indices;
    },
  };
}

function permutation({ seed, samples, shuffle: shape }: SamplerOptions, epoch: number): Uint32Array {
  const random = createRandom(seed, SAMPLER_STREAM, epoch);
  const shards = shuffledRange(Math.ceil(samples / shape.shardSamples), random);
  const order = new Uint32Array(samples);
  let windowStart = 0;
  let filled = 0;
  shards.forEach((shard, place) => {
    const end = Math.min(samples, (shard + 1) * shape.shardSamples);
    for (let sample = shard * shape.shardSamples; sample < end; sample++) order[filled++] = sample;
    if ((place + 1) % shape.windowShards === 0 || place + 1 === shards.length) {
      shuffle(order.subarray(windowStart, filled), random);
      windowStart = filled;
    }
  });
  return order;
}

/** Keeps the sampler's randomness apart from that of dropout and initializers under the same seed. */
const SAMPLER_STREAM = 0x5a3b;

function shuffledRange(count: number, random: Random): Uint32Array {
  return shuffle(
    Uint32Array.from({ length: count }, (_, i) => i),
    random,
  );
}
