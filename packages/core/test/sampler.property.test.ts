import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSampler, type SamplerOptions } from '../src/index.ts';

const options: fc.Arbitrary<SamplerOptions> = fc.record({
  seed: fc.nat(),
  samples: fc.integer({ min: 1, max: 60 }),
  batch: fc.record({ units: fc.integer({ min: 1, max: 12 }), unitSamples: fc.integer({ min: 1, max: 5 }) }),
  shuffle: fc.record({
    shardSamples: fc.integer({ min: 1, max: 20 }),
    windowShards: fc.integer({ min: 1, max: 5 }),
  }),
});

test('[SA5] every full stretch of the stream, an epoch, is a permutation of the training set', () => {
  fc.assert(
    fc.property(options, (shape) => {
      const sampler = createSampler(shape);
      const { units, unitSamples } = shape.batch;
      const stream: number[] = [];
      for (let step = 0; stream.length < 3 * shape.samples; step++) {
        const batch = sampler.indices(step, { first: 0, count: units });
        expect(batch.length).toBe(units * unitSamples);
        stream.push(...batch);
      }
      const everySample = Array.from({ length: shape.samples }, (_, i) => i);
      for (let epoch = 0; epoch < 3; epoch++) {
        const stretch = stream.slice(epoch * shape.samples, (epoch + 1) * shape.samples);
        expect(stretch.sort((a, b) => a - b)).toEqual(everySample);
      }
    }),
  );
});

test('[SA6] any split of a batch into runs is a partition of it, drawn by anybody and in any order', () => {
  fc.assert(
    fc.property(options, fc.nat(30), fc.infiniteStream(fc.boolean()), (shape, step, cuts) => {
      const { units, unitSamples } = shape.batch;
      const whole = createSampler(shape).indices(step, { first: 0, count: units });
      const pieces = new Map<number, Uint32Array>();
      for (let first = 0, end = 1; end <= units; end++) {
        if (end < units && !cuts.next().value) continue;
        // Each run has a sampler of its own, as each volunteer has.
        pieces.set(first, createSampler(shape).indices(step, { first, count: end - first }));
        first = end;
      }
      for (const [first, piece] of [...pieces].reverse()) {
        expect([...piece]).toEqual([
          ...whole.subarray(first * unitSamples, first * unitSamples + piece.length),
        ]);
      }
      expect([...pieces.values()].reduce((sum, piece) => sum + piece.length, 0)).toBe(whole.length);
    }),
  );
});
