import { nn, numpy as np } from '@jax-js/jax';
import { type LayerRule, only, requireConfig } from '../layer.ts';

export const EMBEDDING_LAYERS: Readonly<Record<string, LayerRule>> = {
  /** Rows of a table. A product with one-hot rows, so that its gradient is one too, whose order of summation is fixed. */
  Embedding({ config, inputShapes }) {
    requireConfig(config, { mask_zero: [false, null] });
    const [classes, width] = [Number(config['input_dim']), Number(config['output_dim'])];
    const shape = inputShapes[0]!;
    return {
      outputShape: [...shape, width],
      params: [{ name: 'embeddings', shape: [classes, width] }],
      classes,
      apply({ inputs, params: [table] }) {
        const ids = only(inputs).reshape([-1]).astype(np.int32);
        return np.matmul(nn.oneHot(ids, classes), table!).reshape([-1, ...shape, width]);
      },
    };
  },

  /** A learned row for each position, added to what stands there. */
  PositionEmbedding({ inputShapes }) {
    const [length, width] = inputShapes[0]! as readonly [number, number];
    return {
      outputShape: [length, width],
      params: [{ name: 'embeddings', shape: [length, width] }],
      apply: ({ inputs, params: [table] }) => only(inputs).add(table!),
    };
  },
};
