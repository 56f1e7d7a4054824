/**
 * Attention of a sequence to itself (Vaswani et al., "Attention is all you need", 2017): every position asks with a query,
 * offers a key and a value, and takes the mean of all values, weighted by how well its query fits their keys. Each
 * head does so in a space of its own.
 *
 * Named and laid out as Keras' layer of this name, with two deviations. It has one input, which is query, key and value. And
 * whether a position sees no further than itself, in Keras an argument of each call, is `use_causal_mask` in
 * its config, because a topology is all that travels.
 *
 * Keras multiplies by einsum, which has no gradient in TF.js, as little as the product of a stack of matrices and one
 * matrix has. So everything is reshaped into products of two matrices, or of two stacks of them, which every backend trains.
 */

import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, layers } from '@tensorflow/tfjs-layers';
import {
  type Initializer,
  initializerOf,
  readInitializer,
  type WrittenInitializer,
  writeInitializer,
} from './initializer.ts';
import { onlyInput, requireCount, sequenceOf } from './sequence.ts';

type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;
type Shape = Parameters<layers.Layer['computeOutputShape']>[0];

export interface MultiHeadAttentionArgs extends LayerArgs {
  readonly numHeads: number;
  /** Width of each head's queries, keys and values. */
  readonly keyDim: number;
  /** True when left out. */
  readonly useBias?: boolean;
  /** Whether a position sees itself and what stands before it, and nothing else. False when left out. */
  readonly useCausalMask?: boolean;
  /** Glorot's, uniform, when left out. */
  readonly kernelInitializer?: Initializer | WrittenInitializer;
  /** Zeros when left out. */
  readonly biasInitializer?: Initializer | WrittenInitializer;
}

/** `[samples, time, width]` → the same shape. */
export function multiHeadAttention(args: MultiHeadAttentionArgs): layers.Layer {
  return new MultiHeadAttention(args);
}

/** Added to the score of what must not be seen: e to the power of it is exactly 0. */
const UNSEEN = -1e9;

/** What a vector is multiplied with, and what is added then, in the shapes that Keras gives them. */
interface Projection {
  readonly kernel: LayerVariable;
  readonly bias: LayerVariable | undefined;
}

interface Built {
  readonly query: Projection;
  readonly key: Projection;
  readonly value: Projection;
  readonly output: Projection;
  /** `[time, time]`: 0 where a position may look, row by row. */
  readonly mask: Float32Array | undefined;
}

class MultiHeadAttention extends layers.Layer {
  static className = 'MultiHeadAttention';

  readonly #heads: number;
  /** Width of a head. */
  readonly #size: number;
  readonly #useBias: boolean;
  readonly #causal: boolean;
  readonly #kernelInitializer: Initializer;
  readonly #biasInitializer: Initializer;
  #built: Built | undefined;

  constructor(args: MultiHeadAttentionArgs) {
    super(args);
    const { numHeads, keyDim, useBias = true, useCausalMask = false } = args;
    this.#heads = requireCount('MultiHeadAttention', 'numHeads', numHeads);
    this.#size = requireCount('MultiHeadAttention', 'keyDim', keyDim);
    this.#useBias = useBias;
    this.#causal = useCausalMask;
    this.#kernelInitializer = readInitializer(args.kernelInitializer ?? initializers.glorotUniform({}));
    this.#biasInitializer = readInitializer(args.biasInitializer ?? initializers.zeros());
  }

  override build(inputShape: Shape): void {
    const { time, width } = sequenceOf('MultiHeadAttention', inputShape);
    const [heads, size] = [this.#heads, this.#size];
    this.#built = {
      query: this.#project('query', 0, [width, heads, size], [heads, size]),
      key: this.#project('key', 1, [width, heads, size], [heads, size]),
      value: this.#project('value', 2, [width, heads, size], [heads, size]),
      output: this.#project('attention_output', 3, [heads, size, width], [width]),
      mask: this.#causal ? causalMask(time) : undefined,
    };
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Parameters<layers.Layer['call']>[1]): tf.Tensor {
    return tf.tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const input = onlyInput(inputs) as tf.Tensor3D;
      const { query, key, value, output, mask } = this.#built!;
      const [samples, time, width] = input.shape;
      const [heads, size] = [this.#heads, this.#size];
      const rows = tf.reshape(input, [samples * time, width]);
      const ofHeads = (projection: Projection) => {
        const projected = tf.reshape(times(rows, projection, heads * size), [samples, time, heads, size]);
        return tf.reshape(tf.transpose(projected, [0, 2, 1, 3]), [samples * heads, time, size]);
      };
      const queries = tf.mul(ofHeads(query), 1 / Math.sqrt(size));
      const scores = tf.matMul(queries, ofHeads(key), false, true);
      const seen = mask === undefined ? scores : tf.add(scores, tf.tensor2d(mask, [time, time]));
      const means = tf.reshape(tf.matMul(tf.softmax(seen), ofHeads(value)), [samples, heads, time, size]);
      const joined = tf.reshape(tf.transpose(means, [0, 2, 1, 3]), [samples * time, heads * size]);
      return tf.reshape(times(joined, output, width), input.shape);
    });
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return inputShape;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {
      ...super.getConfig(),
      numHeads: this.#heads,
      keyDim: this.#size,
      useBias: this.#useBias,
      useCausalMask: this.#causal,
      kernelInitializer: writeInitializer(this.#kernelInitializer),
      biasInitializer: writeInitializer(this.#biasInitializer),
    };
  }

  #project(name: string, index: number, kernel: number[], bias: number[]): Projection {
    const weight = (part: string, shape: number[], shared: Initializer) =>
      this.addWeight(`${name}/${part}`, shape, 'float32', initializerOf(index, shared));
    return {
      kernel: weight('kernel', kernel, this.#kernelInitializer),
      bias: this.#useBias ? weight('bias', bias, this.#biasInitializer) : undefined,
    };
  }
}
tf.serialization.registerClass(MultiHeadAttention);

/** Rows × the kernel as a matrix with so many columns, and the bias. */
function times(rows: tf.Tensor, { kernel, bias }: Projection, columns: number): tf.Tensor {
  const product = tf.matMul(rows, tf.reshape(kernel.read(), [rows.shape[1]!, columns]));
  return bias === undefined ? product : tf.add(product, tf.reshape(bias.read(), [columns]));
}

function causalMask(time: number): Float32Array {
  return Float32Array.from({ length: time * time }, (_, i) => (i % time > Math.floor(i / time) ? UNSEEN : 0));
}
