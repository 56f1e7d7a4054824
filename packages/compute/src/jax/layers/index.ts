import type { LayerRule } from '../layer.ts';
import { ACTIVATION_LAYERS } from './activation.ts';
import { ATTENTION_LAYERS } from './attention.ts';
import { CONVOLUTION_LAYERS } from './convolution.ts';
import { DENSE_LAYERS } from './dense.ts';
import { EMBEDDING_LAYERS } from './embedding.ts';
import { MERGING_LAYERS } from './merging.ts';
import { NORMALIZATION_LAYERS } from './normalization.ts';
import { POOLING_LAYERS } from './pooling.ts';
import { RECURRENT_LAYERS } from './recurrent.ts';
import { SHAPE_LAYERS } from './shape.ts';

/** Every layer that this engine has, by Keras' class name. */
export const LAYER_RULES: ReadonlyMap<string, LayerRule> = new Map(
  Object.entries({
    ...ACTIVATION_LAYERS,
    ...ATTENTION_LAYERS,
    ...CONVOLUTION_LAYERS,
    ...DENSE_LAYERS,
    ...EMBEDDING_LAYERS,
    ...MERGING_LAYERS,
    ...NORMALIZATION_LAYERS,
    ...POOLING_LAYERS,
    ...RECURRENT_LAYERS,
    ...SHAPE_LAYERS,
  }),
);
