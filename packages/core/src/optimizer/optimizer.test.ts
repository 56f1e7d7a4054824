import { describe, expect, test } from 'vitest';
import { InvariantError } from '../assert.ts';
import { createOptimizer, createSlots } from './optimizer.ts';
import { completeOptimizerSpec, type OptimizerOptions, type OptimizerSpec } from './optimizer-spec.ts';
import { testOptimizerContract } from './testing/optimizer-contract.ts';

const everyKind: Readonly<Record<string, OptimizerOptions>> = {
  sgd: { kind: 'sgd', learningRate: 0.05 },
  'sgd, clipped by norm': { kind: 'sgd', learningRate: 0.1, clip: { kind: 'norm', max: 1 } },
  'sgd, clipped by value': { kind: 'sgd', learningRate: 0.1, clip: { kind: 'value', max: 0.5 } },
  momentum: { kind: 'momentum', learningRate: 0.02, momentum: 0.9, nesterov: false },
  'Nesterov momentum': { kind: 'momentum', learningRate: 0.02, momentum: 0.9, nesterov: true },
  'momentum of clipped gradients': {
    kind: 'momentum',
    learningRate: 0.02,
    momentum: 0.9,
    nesterov: false,
    clip: { kind: 'norm', max: 1 },
  },
  adam: { kind: 'adam', learningRate: 0.02 },
  'adam with the smallest epsilon': { kind: 'adam', learningRate: 0.02, epsilon: 1e-16 },
  adamw: { kind: 'adamw', learningRate: 0.02, weightDecay: 0.1 },
  'adam on a schedule': {
    kind: 'adam',
    learningRate: {
      kind: 'warmup',
      initial: 0,
      overSteps: 10,
      into: { kind: 'cosine', initial: 0.05, final: 0, overSteps: 190 },
    },
  },
};

for (const [name, options] of Object.entries(everyKind)) testOptimizerContract(name, options);

describe('optimizers against published values', () => {
  // tfjs-core/src/optimizers/momentum_optimizer_test.ts: f(x) = Σx², learning rate 0.1, momentum 0.5.
  test.each([
    {
      nesterov: false,
      published: [
        [0.8, 1.6],
        [0.54, 1.08],
      ],
    },
    {
      nesterov: true,
      published: [
        [0.7, 1.4],
        [0.44, 0.88],
      ],
    },
  ])('[OP6] momentum is that of TF.js, nesterov: $nesterov', ({ nesterov, published }) => {
    const options = { kind: 'momentum', learningRate: 0.1, momentum: 0.5, nesterov } as const;
    expectClose(minimizeSquares(options, [1, 2], 2), published, 1e-6);
  });

  // tfjs-core/src/optimizers/adam_optimizer_test.ts: the same f, learning rate 0.1, β₁ 0.8, β₂ 0.9; its values after
  // each step ('Continue training after loading weights'), because the parameters there are rounded to two digits.
  test('[OP6] Adam is that of TF.js', () => {
    const options = { kind: 'adam', learningRate: 0.1, beta1: 0.8, beta2: 0.9 } as const;
    const values = minimizeSquares(options, [2, 4], 2).map((xs) => xs.reduce((sum, x) => sum + x * x, 0));
    expectClose([values], [[18.82, 17.681284]], 2e-6);
  });

  // keras/src/optimizers/{adam,adamw}_test.py, test_single_step.
  test.each<{ options: OptimizerOptions; published: number[] }>([
    { options: { kind: 'adam', learningRate: 0.5 }, published: [0.5, 1.5, 2.5, 3.5] },
    {
      options: { kind: 'adamw', learningRate: 0.5, weightDecay: 0.004 },
      published: [0.498, 1.496, 2.494, 3.492],
    },
  ])('[OP6] the first step of $options.kind is that of Keras', ({ options, published }) => {
    const optimizer = createOptimizer(completeOptimizerSpec(options));
    const params = Float32Array.of(1, 2, 3, 4);
    optimizer.apply(params, Float32Array.of(1, 6, 7, 2), createSlots(optimizer, 4), 0);
    expectClose([[...params]], [published], 1e-6);
  });

  // keras/src/optimizers/adamw_test.py, test_correctness_with_golden: columns 1 and 10 of the table there. Keras' ε̂ = 2 is
  // our ε = ε̂ / √(1 − β₂ᵗ), a new one every step; the slots are all that goes on from one step to the next.
  test('[OP7] AdamW is that of Keras, with its epsilon translated', () => {
    const params = new Float32Array(2).fill(1);
    const slots = [new Float32Array(2), new Float32Array(2)];
    const golden = [
      [0.4998, 0.4998],
      [0.2486, 0.2382],
      [0.1223, 0.1003],
      [0.0586, 0.0258],
      [0.0263, -0.0159],
    ];
    golden.forEach((published, step) => {
      const epsilon = 2 / Math.sqrt(1 - 0.999 ** (step + 1));
      const options = { kind: 'adamw', learningRate: 1, weightDecay: 0.5, epsilon } as const;
      const gradient = step === 0 ? Float32Array.of(0.01, 0.01) : Float32Array.of(0.1, 1);
      createOptimizer(completeOptimizerSpec(options)).apply(params, gradient, slots, step);
      expectClose([[...params]], [published], 1e-4);
    });
  });
});

describe('optimizers against the formulas of the papers', () => {
  test.each(Object.entries(everyKind))('[OP8] %s, 40 steps, in plain float64', (_name, options) => {
    const spec = completeOptimizerSpec({ ...options, learningRate: 0.01 });
    const optimizer = createOptimizer(spec);
    const start = [0.5, -1.25, 2, 0];
    const gradients = Array.from({ length: 40 }, (_, t) =>
      start.map((_x, i) => Math.sin(7 * t + 3 * i) * 10 ** (i - 2)),
    );
    const params = Float32Array.from(start);
    const slots = createSlots(optimizer, start.length);
    gradients.forEach((gradient, step) => {
      optimizer.apply(params, Float32Array.from(gradient), slots, step);
    });
    expectClose([[...params]], [byTheFormulas(spec, 0.01, start, gradients)], 2e-6);
  });
});

describe('createOptimizer', () => {
  test('[OP9] a spec that makes no sense is a programmer’s error by now', () => {
    const spec = completeOptimizerSpec({ kind: 'sgd', learningRate: -1 });
    expect(() => createOptimizer(spec)).toThrow(InvariantError);
  });

  test('[OP9] so are vectors of other lengths and slots of another optimizer', () => {
    const optimizer = createOptimizer(completeOptimizerSpec({ kind: 'adam', learningRate: 1 }));
    const three = () => new Float32Array(3);
    expect(() => optimizer.apply(three(), new Float32Array(2), createSlots(optimizer, 3), 0)).toThrow(
      InvariantError,
    );
    expect(() => optimizer.apply(three(), three(), createSlots(optimizer, 4), 0)).toThrow(InvariantError);
    expect(() => optimizer.apply(three(), three(), [], 0)).toThrow(InvariantError);
  });
});

/** Gradient 2x at every step; the parameters after each. */
function minimizeSquares(options: OptimizerOptions, start: readonly number[], steps: number): number[][] {
  const optimizer = createOptimizer(completeOptimizerSpec(options));
  const params = Float32Array.from(start);
  const slots = createSlots(optimizer, start.length);
  return Array.from({ length: steps }, (_, step) => {
    optimizer.apply(
      params,
      params.map((x) => 2 * x),
      slots,
      step,
    );
    return [...params];
  });
}

/** The update rules once more, as obviously as can be: whole arrays, float64, ** for powers. */
function byTheFormulas(spec: OptimizerSpec, rate: number, start: number[], gradients: number[][]): number[] {
  let x = start;
  let m = start.map(() => 0);
  let v = start.map(() => 0);
  gradients.forEach((raw, step) => {
    const g = clipped(spec, raw);
    switch (spec.kind) {
      case 'sgd':
        x = x.map((xi, i) => xi - rate * g[i]!);
        break;
      case 'momentum':
        m = m.map((mi, i) => spec.momentum * mi + g[i]!);
        x = x.map((xi, i) => xi - rate * (spec.nesterov ? g[i]! + spec.momentum * m[i]! : m[i]!));
        break;
      case 'adam':
      case 'adamw': {
        m = m.map((mi, i) => spec.beta1 * mi + (1 - spec.beta1) * g[i]!);
        v = v.map((vi, i) => spec.beta2 * vi + (1 - spec.beta2) * g[i]! ** 2);
        const mHat = m.map((mi) => mi / (1 - spec.beta1 ** (step + 1)));
        const vHat = v.map((vi) => vi / (1 - spec.beta2 ** (step + 1)));
        const decay = spec.kind === 'adamw' ? spec.weightDecay : 0;
        x = x.map((xi, i) => xi - rate * (mHat[i]! / (Math.sqrt(vHat[i]!) + spec.epsilon) + decay * xi));
        break;
      }
    }
  });
  return x;
}

function clipped({ clip }: OptimizerSpec, g: number[]): number[] {
  if (clip.kind === 'none') return g;
  if (clip.kind === 'value') return g.map((x) => Math.sign(x) * Math.min(Math.abs(x), clip.max));
  return g.map((x) => x * Math.min(1, clip.max / Math.hypot(...g)));
}

function expectClose(actual: readonly number[][], expected: readonly number[][], within: number): void {
  const worst = Math.max(...expected.flatMap((row, r) => row.map((x, c) => Math.abs(x - actual[r]![c]!))));
  expect(worst, `${JSON.stringify(actual)} should be ${JSON.stringify(expected)}`).toBeLessThanOrEqual(
    within,
  );
}
