/** What every optimizer promises, whatever its formula. Run it on every kind of spec. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createOptimizer, createSlots, type Optimizer } from '../optimizer.ts';
import { completeOptimizerSpec, type OptimizerOptions } from '../optimizer-spec.ts';

export function testOptimizerContract(name: string, options: OptimizerOptions): void {
  const optimizer = createOptimizer(completeOptimizerSpec(options));

  describe(`optimizer contract: ${name}`, () => {
    test('[OP1] a run cut anywhere and resumed from its saved slots ends with the same bytes', () => {
      fc.assert(
        fc.property(runs, fc.nat(), ({ params, gradients }, cut) => {
          const resumeAt = cut % (gradients.length + 1);
          const whole = start(optimizer, params);
          const first = start(optimizer, params);
          advance(optimizer, whole, gradients, 0);
          advance(optimizer, first, gradients.slice(0, resumeAt), 0);
          const saved = structuredClone(first);
          advance(
            createOptimizer(completeOptimizerSpec(options)),
            saved,
            gradients.slice(resumeAt),
            resumeAt,
          );
          expect(bytesOf(saved)).toEqual(bytesOf(whole));
        }),
      );
    });

    test('[OP2] finite, bounded input never gives NaN or infinity', () => {
      fc.assert(
        fc.property(runs, ({ params, gradients }) => {
          const run = start(optimizer, params);
          advance(optimizer, run, gradients, 0);
          for (const vector of [run.params, ...run.slots]) expect(vector.every(Number.isFinite)).toBe(true);
        }),
      );
    });

    test('[OP3] parameters and slots hold no subnormal and no −0 after a step', () => {
      fc.assert(
        fc.property(runs, ({ params, gradients }) => {
          const run = start(optimizer, params);
          advance(optimizer, run, gradients, 0);
          const canonical = (x: number) => Object.is(x, 0) || Math.abs(x) >= 2 ** -126;
          for (const vector of [run.params, ...run.slots]) expect(vector.every(canonical)).toBe(true);
        }),
      );
    });

    test('[OP4] a learning rate of 0 moves nothing', () => {
      const still = createOptimizer(completeOptimizerSpec({ ...options, learningRate: 0 }));
      const run = start(still, Float32Array.of(1, -2, 3));
      advance(still, run, [Float32Array.of(5, -7, 0.1), Float32Array.of(1, 1, 1)], 0);
      expect([...run.params]).toEqual([1, -2, 3]);
    });

    test('[OP5] two hundred steps lead well down a bowl that is wide one way and narrow another', () => {
      const run = start(optimizer, Float32Array.of(1, -2, 0.5));
      const widths = [0.1, 1, 3];
      const height = () => run.params.reduce((sum, x, i) => sum + (widths[i]! * x * x) / 2, 0);
      const before = height();
      for (let step = 0; step < 200; step++) {
        optimizer.apply(
          run.params,
          run.params.map((x, i) => widths[i]! * x),
          run.slots,
          step,
        );
      }
      expect(height()).toBeLessThan(before / 2);
    });
  });
}

interface Run {
  readonly params: Float32Array;
  readonly slots: readonly Float32Array[];
}

const element = fc.oneof(
  fc.float({ min: -(2 ** 40), max: 2 ** 40, noNaN: true }),
  fc.float({ min: -1, max: 1, noNaN: true }),
  fc.constantFrom(0, -0, 1e-20, -1e-40, 2 ** -126, -(2 ** -149)),
);

/** Starting parameters and a few gradients, all of one length. */
const runs = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 8 }))
  .chain(([length, steps]) => {
    const vector = fc
      .array(element, { minLength: length, maxLength: length })
      .map((xs) => Float32Array.from(xs));
    return fc.record({ params: vector, gradients: fc.array(vector, { minLength: steps, maxLength: steps }) });
  });

function start(optimizer: Optimizer, params: Float32Array): Run {
  return { params: params.slice(), slots: createSlots(optimizer, params.length) };
}

function advance(
  optimizer: Optimizer,
  run: Run,
  gradients: readonly Float32Array[],
  firstStep: number,
): void {
  gradients.forEach((gradient, i) => {
    optimizer.apply(run.params, gradient.slice(), run.slots, firstStep + i);
  });
}

function bytesOf(run: Run): number[][] {
  return [run.params, ...run.slots].map((v) => [...new Uint32Array(v.buffer, v.byteOffset, v.length)]);
}
