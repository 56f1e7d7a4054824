import { expect, test } from 'vitest';
import { createSampler } from './sampler.ts';

const shape = {
  seed: 3,
  samples: 40,
  batch: { units: 4, unitSamples: 3 },
  shuffle: { shardSamples: 8, windowShards: 2 },
};

test('[SA1] an epoch is a permutation of the training set, and the next epoch another', () => {
  const sampler = createSampler(shape);
  // 10 batches of 12 are exactly three epochs of 40.
  const stream = Array.from({ length: 10 }, (_, step) => [
    ...sampler.indices(step, { first: 0, count: 4 }),
  ]).flat();
  const epochs = [stream.slice(0, 40), stream.slice(40, 80), stream.slice(80)];
  for (const epoch of epochs)
    expect([...epoch].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  expect(epochs[0]).not.toEqual(epochs[1]);
});

test('[SA2] the runs of a batch are pieces of the batch, whoever draws them and in whatever order', () => {
  const whole = createSampler(shape).indices(5, { first: 0, count: 4 });
  const pieces = createSampler(shape);
  const late = pieces.indices(5, { first: 3, count: 1 });
  const early = pieces.indices(5, { first: 0, count: 3 });
  expect([...early, ...late]).toEqual([...whole]);
});

test('[SA3] a window holds the samples of a few shards only', () => {
  const window = createSampler(shape).indices(0, { first: 0, count: 4 });
  expect(new Set([...window].map((sample) => Math.floor(sample / 8))).size).toBeLessThanOrEqual(2);
});

test('[SA4] another seed is another order', () => {
  const run = { first: 0, count: 4 };
  expect(createSampler({ ...shape, seed: 4 }).indices(0, run)).not.toEqual(
    createSampler(shape).indices(0, run),
  );
});
