/**
 * The models of the examples written by hand for jax-js, as somebody would who knew which model it is: no topology to read, no flat
 * vector, no contribution to lay out and nothing read but the loss. What our engine costs beyond the library is told against them.
 */

import { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy as np, valueAndGrad } from '@jax-js/jax';

export const BARE_MODELS = ['mlp', 'cnn', 'gpt'] as const;
export type BareModel = (typeof BARE_MODELS)[number];

/** Forward and backward over one unit; resolves when all gradients are there. */
export type BareUnit = (inputs: Float32Array, targets: Float32Array) => Promise<number>;

interface Bare {
  readonly inputShape: readonly number[];
  readonly targetShape: readonly number[];
  readonly params: readonly (readonly number[])[];
  /** The summed loss. Takes everything over. */
  loss(params: np.Array[], inputs: np.Array, targets: np.Array): np.Array;
}

export async function openBare(
  backend: 'webgpu' | 'wasm',
  name: BareModel,
  samples: number,
): Promise<BareUnit> {
  await init(backend);
  defaultDevice(backend);
  const { inputShape, targetShape, params: shapes, loss } = MODELS[name];
  const params = shapes.map((shape, salt) => np.array(small(shape, salt), { shape: [...shape] }));
  const unit = jit((weights: np.Array[], inputs: np.Array, targets: np.Array) =>
    valueAndGrad(loss)(weights, inputs, targets),
  );
  const upload = (values: Float32Array, shape: readonly number[]) =>
    np.array(values, { shape: [samples, ...shape] });
  return async (inputs, targets) => {
    const [value, gradients] = unit(
      params.map((array) => array.ref),
      upload(inputs, inputShape),
      upload(targets, targetShape),
    );
    await blockUntilReady(gradients);
    for (const gradient of gradients) gradient.dispose();
    return (await value.data())[0]!;
  };
}

const crossEntropy = (logits: np.Array, oneHot: np.Array) =>
  np.sum(nn.logSoftmax(logits, -1).mul(oneHot)).mul(-1);
const dense = (x: np.Array, kernel: np.Array, bias: np.Array) => np.matmul(x, kernel).add(bias);

const CONTEXT = 64;
const CHARACTERS = 81;
const WIDTH = 128;
const HEADS = 4;
const BLOCKS = 4;
/** Two normalizations, four projections and two dense layers, each with its kernel or scale and its bias. */
const BLOCK: readonly (readonly number[])[] = [
  ...[[WIDTH], [WIDTH]],
  ...[1, 2, 3, 4].flatMap(() => [[WIDTH, WIDTH], [WIDTH]]),
  ...[[WIDTH], [WIDTH]],
  ...[[WIDTH, 4 * WIDTH], [4 * WIDTH], [4 * WIDTH, WIDTH], [WIDTH]],
];

const MODELS: Readonly<Record<BareModel, Bare>> = {
  mlp: {
    inputShape: [784],
    targetShape: [10],
    params: [[784, 128], [128], [128, 10], [10]],
    loss([w1, b1, w2, b2], inputs, targets) {
      return crossEntropy(dense(nn.relu(dense(inputs, w1!, b1!)), w2!, b2!), targets);
    },
  },

  // Without the dropout of the example: its mask is made by the platform and not by a library.
  cnn: {
    inputShape: [1, 28, 28],
    targetShape: [10],
    params: [[8, 1, 5, 5], [8, 1, 1], [16, 8, 5, 5], [16, 1, 1], [256, 64], [64], [64, 10], [10]],
    loss([k1, c1, k2, c2, w1, b1, w2, b2], inputs, targets) {
      const convolve = (x: np.Array, kernel: np.Array, bias: np.Array) =>
        nn.relu(lax.convGeneralDilated(x, kernel, [2, 2], 'VALID').add(bias));
      const seen = convolve(convolve(inputs, k1!, c1!), k2!, c2!);
      return crossEntropy(dense(nn.relu(dense(seen.reshape([-1, 256]), w1!, b1!)), w2!, b2!), targets);
    },
  },

  gpt: {
    inputShape: [CONTEXT],
    targetShape: [CONTEXT],
    params: [
      ...[
        [CHARACTERS, WIDTH],
        [CONTEXT, WIDTH],
      ],
      ...Array.from({ length: BLOCKS }, () => BLOCK).flat(),
      ...[[WIDTH], [WIDTH], [WIDTH, CHARACTERS], [CHARACTERS]],
    ],
    loss(params, inputs, targets) {
      const weights = [...params];
      const next = () => weights.shift()!;
      const oneHot = (ids: np.Array) => nn.oneHot(ids.astype(np.int32).reshape([-1]), CHARACTERS);
      let x = np
        .matmul(oneHot(inputs), next())
        .reshape([-1, CONTEXT, WIDTH])
        .add(next())
        .reshape([-1, WIDTH]);
      const normalized = (from: np.Array) => nn.standardize(from, -1).mul(next()).add(next());
      const split = (from: np.Array) => from.reshape([-1, CONTEXT, HEADS, WIDTH / HEADS]);
      for (let block = 0; block < BLOCKS; block++) {
        const calm = normalized(x.ref);
        const query = split(dense(calm.ref, next(), next()));
        const key = split(dense(calm.ref, next(), next()));
        const value = split(dense(calm, next(), next()));
        const mixed = nn.dotProductAttention(query, key, value, { isCausal: true }).reshape([-1, WIDTH]);
        x = x.add(dense(mixed, next(), next()));
        const thought = nn.relu(dense(normalized(x.ref), next(), next()));
        x = x.add(dense(thought, next(), next()));
      }
      const logits = dense(normalized(x), next(), next());
      // A mean over the places of each sample, as the job's loss is.
      return crossEntropy(logits, oneHot(targets)).mul(1 / CONTEXT);
    },
  },
};

/** Small numbers of both signs, the same everywhere. */
function small(shape: readonly number[], salt: number): Float32Array {
  const length = shape.reduce((product, dimension) => product * dimension, 1);
  return Float32Array.from({ length }, (_, i) => 0.05 * Math.sin(1 + i * 0.7 + salt));
}
