import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {
  initializers,
  input,
  type LayersModel,
  type layers,
  model,
  models,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { multiHeadAttention, positionEmbedding } from './index.ts';

const [SAMPLES, TIME, WIDTH, HEADS, SIZE] = [2, 5, 6, 2, 4];

beforeAll(() => tf.enableProdMode());

/** The layer as a model over sequences of `TIME` vectors; its weights are small numbers of both signs. */
function built(layer: layers.Layer): LayersModel {
  const inputs = input({ shape: [TIME, WIDTH] });
  const alone = model({ inputs, outputs: layer.apply(inputs) as SymbolicTensor });
  alone.setWeights(alone.getWeights().map(({ shape }, i) => tf.tensor(numbers(sizeOf(shape), i + 1), shape)));
  return alone;
}

function answerOf(alone: LayersModel, values: Float32Array): Float32Array {
  const answer = alone.predict(tf.tensor(values, [SAMPLES, TIME, WIDTH])) as tf.Tensor;
  expect(answer.shape).toEqual([SAMPLES, TIME, WIDTH]);
  return answer.dataSync<'float32'>();
}

describe('MultiHeadAttention', () => {
  const sizes = { numHeads: HEADS, keyDim: SIZE };

  test('[LY1] its weights have the names, shapes and order of Keras’', () => {
    const { trainableWeights } = built(multiHeadAttention({ ...sizes, name: 'attention' }));
    expect(trainableWeights.map(({ originalName, shape }) => [originalName, shape])).toEqual([
      ['attention/query/kernel', [WIDTH, HEADS, SIZE]],
      ['attention/query/bias', [HEADS, SIZE]],
      ['attention/key/kernel', [WIDTH, HEADS, SIZE]],
      ['attention/key/bias', [HEADS, SIZE]],
      ['attention/value/kernel', [WIDTH, HEADS, SIZE]],
      ['attention/value/bias', [HEADS, SIZE]],
      ['attention/attention_output/kernel', [HEADS, SIZE, WIDTH]],
      ['attention/attention_output/bias', [WIDTH]],
    ]);
    expect(built(multiHeadAttention({ ...sizes, useBias: false })).weights).toHaveLength(4);
  });

  test.each([
    { useCausalMask: false, useBias: true },
    { useCausalMask: true, useBias: true },
    { useCausalMask: true, useBias: false },
  ])('[LY2] it answers as the formula does: %j', (options) => {
    const alone = built(multiHeadAttention({ ...sizes, ...options }));
    const values = numbers(SAMPLES * TIME * WIDTH, 99);
    const expected = attend(values, alone, options);
    for (const [i, x] of answerOf(alone, values).entries()) expect(x).toBeCloseTo(expected[i]!, 6);
  });

  test('[LY3] behind a causal mask nothing that comes later changes an answer', () => {
    const alone = built(multiHeadAttention({ ...sizes, useCausalMask: true }));
    const values = numbers(SAMPLES * TIME * WIDTH, 99);
    const before = answerOf(alone, values);
    for (let place = 0; place < TIME; place++) {
      const after = answerOf(
        alone,
        values.map((x, i) => (placeOf(i) > place ? -3 * x : x)),
      );
      const until = (answer: Float32Array) => answer.filter((_, i) => placeOf(i) <= place);
      expect(until(after)).toEqual(until(before));
      if (place < TIME - 1) expect(after).not.toEqual(before);
    }
  });

  test('[LY5] kernels that share a seed start from different numbers, and from the same ones every time', () => {
    const kernels = () => {
      const seeded = multiHeadAttention({
        ...sizes,
        kernelInitializer: initializers.glorotUniform({ seed: 7 }),
      });
      seeded.build([null, TIME, WIDTH]);
      return seeded.getWeights().map((weight) => weight.dataSync());
    };
    const [query, , key, , value] = kernels();
    expect(key).not.toEqual(query);
    expect(value).not.toEqual(query);
    expect(kernels()).toEqual(kernels());
  });

  test('[LY6] a shape or a count that makes no sense is refused by name', () => {
    expect(() => multiHeadAttention({ ...sizes, numHeads: 0 })).toThrow('from 1 on as numHeads and got 0');
    expect(() => multiHeadAttention({ ...sizes, keyDim: 1.5 })).toThrow('as keyDim and got 1.5');
    expect(() => multiHeadAttention(sizes).apply(input({ shape: [TIME] }))).toThrow(
      'MultiHeadAttention wants one input of the shape [samples, time, width]',
    );
  });
});

describe('PositionEmbedding', () => {
  test('[LY2] it adds to each place what its table says of it', () => {
    const alone = built(positionEmbedding({ sequenceLength: TIME }));
    const table = alone.getWeights()[0]!.dataSync<'float32'>();
    const values = numbers(SAMPLES * TIME * WIDTH, 99);
    const sums = values.map((x, i) => x + table[i % (TIME * WIDTH)]!);
    expect(answerOf(alone, values)).toEqual(sums);
  });

  test('[LY6] a sequence of another length is refused with both lengths', () => {
    const short = positionEmbedding({ sequenceLength: 4 });
    expect(() => short.apply(input({ shape: [TIME, WIDTH] }))).toThrow(
      'a sequenceLength of 4, but its input has 5',
    );
  });
});

test('[LY4] a topology holds all of a layer, as plain data, and a model comes back from it', async () => {
  const attention = multiHeadAttention({
    name: 'attention',
    numHeads: HEADS,
    keyDim: SIZE,
    useBias: false,
    useCausalMask: true,
    kernelInitializer: initializers.randomNormal({ mean: 0, stddev: 0.02, seed: 3 }),
  });
  const inputs = input({ shape: [TIME, WIDTH] });
  const placed = positionEmbedding({ name: 'place', sequenceLength: TIME }).apply(inputs);
  const first = model({ inputs, outputs: attention.apply(placed) as SymbolicTensor });
  const json = JSON.parse(JSON.stringify(first.toJSON(undefined, false)));
  expect(json.config.layers[2]).toMatchObject({
    class_name: 'MultiHeadAttention',
    config: {
      num_heads: HEADS,
      key_dim: SIZE,
      use_bias: false,
      use_causal_mask: true,
      kernel_initializer: { class_name: 'RandomNormal', config: { mean: 0, stddev: 0.02, seed: 3 } },
      bias_initializer: { class_name: 'Zeros' },
    },
  });
  expect(json.config.layers[1]).toMatchObject({
    class_name: 'PositionEmbedding',
    config: { sequence_length: TIME, embeddings_initializer: { class_name: 'VarianceScaling' } },
  });
  const second = await models.modelFromJSON(structuredClone(json));
  second.setWeights(first.getWeights());
  const values = numbers(SAMPLES * TIME * WIDTH, 5);
  expect(answerOf(second, values)).toEqual(answerOf(first, values));
  expect(JSON.parse(JSON.stringify(second.toJSON(undefined, false)))).toEqual(json);
});

/** The formula, number by number, in float64. */
function attend(
  values: Float32Array,
  alone: LayersModel,
  { useCausalMask, useBias }: { useCausalMask: boolean; useBias: boolean },
): number[] {
  const weights = alone.getWeights().map((weight) => weight.dataSync<'float32'>());
  const [query, key, value, output] = [0, 1, 2, 3].map((i) => ({
    kernel: weights[useBias ? 2 * i : i]!,
    bias: useBias ? weights[2 * i + 1]! : undefined,
  })) as [Weights, Weights, Weights, Weights];
  const x = (sample: number, place: number) =>
    values.subarray((sample * TIME + place) * WIDTH, (sample * TIME + place + 1) * WIDTH);
  const project = ({ kernel, bias }: Weights, from: ArrayLike<number>, columns: number) =>
    Array.from({ length: columns }, (_, column) =>
      Array.from(from).reduce(
        (sum, a, row) => sum + a * kernel[row * columns + column]!,
        bias?.[column] ?? 0,
      ),
    );
  const answer: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    for (let place = 0; place < TIME; place++) {
      const seen = Array.from({ length: useCausalMask ? place + 1 : TIME }, (_, other) => x(sample, other));
      const asks = project(query, x(sample, place), HEADS * SIZE);
      const means = Array.from({ length: HEADS }, (_, head) => {
        const own = (projected: number[]) => projected.slice(head * SIZE, (head + 1) * SIZE);
        const scores = seen.map((other) => {
          const offered = own(project(key, other, HEADS * SIZE));
          return offered.reduce((sum, k, i) => sum + k * own(asks)[i]!, 0) / Math.sqrt(SIZE);
        });
        const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
        return Array.from({ length: SIZE }, (_, i) =>
          seen.reduce((sum, other, at) => {
            const share = Math.exp(scores[at]!) / total;
            return sum + share * own(project(value, other, HEADS * SIZE))[i]!;
          }, 0),
        );
      });
      answer.push(...project(output, means.flat(), WIDTH));
    }
  }
  return answer;
}

interface Weights {
  readonly kernel: Float32Array;
  readonly bias: Float32Array | undefined;
}

function placeOf(index: number): number {
  return Math.floor(index / WIDTH) % TIME;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** A linear congruential generator from −0.7 to 0.7. */
function numbers(count: number, salt: number): Float32Array {
  let x = Math.imul(salt, 2654435761) >>> 0;
  return Float32Array.from({ length: count }, () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return 1.4 * (x / 2 ** 32 - 0.5);
  });
}
