import { nn, numpy as np } from '@jax-js/jax';
import { type LayerRule, only } from '../layer.ts';

/** What may not be looked at gets a score so low that its share is 0. */
const NOWHERE = -1e9;

export const ATTENTION_LAYERS: Readonly<Record<string, LayerRule>> = {
  /** Vaswani et al., 2017: every position of a sequence looks at all others, or at those before it. */
  MultiHeadAttention({ config, inputShapes }) {
    const [time, width] = inputShapes[0]! as readonly [number, number];
    const heads = Number(config['num_heads']);
    const size = Number(config['key_dim']);
    const hasBias = config['use_bias'] !== false;
    const isCausal = config['use_causal_mask'] === true;
    const projection = (name: string, kernel: readonly number[], bias: readonly number[]) => [
      { name: `${name}_kernel`, shape: kernel },
      ...(hasBias ? [{ name: `${name}_bias`, shape: bias }] : []),
    ];
    return {
      outputShape: [time, width],
      params: [
        ...['query', 'key', 'value'].flatMap((name) => projection(name, [width, heads, size], [heads, size])),
        ...projection('attention_output', [heads, size, width], [width]),
      ],
      apply({ inputs, params }) {
        const weights = [...params];
        const x = only(inputs).reshape([-1, width]);
        const project = (from: np.Array, inner: number, outer: number) => {
          const product = np.matmul(from, weights.shift()!.reshape([inner, outer]));
          return hasBias ? product.add(weights.shift()!.reshape([outer])) : product;
        };
        // [samples, heads, time, size]
        const split = () =>
          np.transpose(project(x.ref, width, heads * size).reshape([-1, time, heads, size]), [0, 2, 1, 3]);
        const [query, key, value] = [split(), split(), split()];
        const scores = np.matmul(query, np.transpose(key, [0, 1, 3, 2])).mul(1 / Math.sqrt(size));
        const seen = isCausal
          ? np.where(np.greater(np.tril(np.ones([time, time])), 0), scores, NOWHERE)
          : scores;
        const mixed = np.transpose(np.matmul(nn.softmax(seen, -1), value), [0, 2, 1, 3]);
        return project(mixed.reshape([-1, heads * size]), heads * size, width).reshape([-1, time, width]);
      },
    };
  },
};
