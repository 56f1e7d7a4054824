/** Sequences: embeddings, recurrent layers, attention. */

import { dense, layer } from '../programs.ts';
import { caseOfLayer, caseOfStack, type ParityCase } from './case.ts';

const CELLS = ['SimpleRNN', 'GRU', 'LSTM'];
/** The default is a decomposition, for which a bare TF.js core lacks parts. */
const ZEROS = { recurrent_initializer: { class_name: 'Zeros', config: {} } };

export const SEQUENCE_CASES: readonly ParityCase[] = [
  caseOfLayer('embedding', [4], 'Embedding', { input_dim: 7, output_dim: 5 }, { classes: 7 }),
  ...CELLS.flatMap((cell) => [
    caseOfLayer(`${cell}, its last output`, [5, 3], cell, { units: 4, ...ZEROS }),
    caseOfLayer(`${cell}, all outputs, backwards`, [4, 3], cell, {
      ...{ units: 4, return_sequences: true, go_backwards: true, use_bias: false, ...ZEROS },
      ...(cell === 'SimpleRNN' ? {} : { recurrent_activation: 'sigmoid' }),
    }),
  ]),
  caseOfLayer('spatial dropout', [4, 3], 'SpatialDropout1D', { rate: 0.4 }),
  caseOfLayer('places', [4, 3], 'PositionEmbedding', { sequence_length: 4 }),
  caseOfLayer('attention', [4, 6], 'MultiHeadAttention', { num_heads: 2, key_dim: 3, use_bias: false }),
  caseOfLayer('attention to what came before', [4, 6], 'MultiHeadAttention', {
    ...{ num_heads: 3, key_dim: 2, use_bias: true, use_causal_mask: true },
  }),
  caseOfStack(
    'a small language model of attention',
    [
      layer('Embedding', 'table', {
        ...{ input_dim: 7, output_dim: 6, input_length: 4, mask_zero: null, batch_input_shape: [null, 4] },
      }),
      layer('PositionEmbedding', 'place', { sequence_length: 4 }),
      layer('MultiHeadAttention', 'look', {
        ...{ num_heads: 2, key_dim: 3, use_bias: true, use_causal_mask: true },
      }),
      layer('LayerNormalization', 'norm', { axis: [-1], epsilon: 1e-3 }),
      dense('next', 7, 'softmax'),
    ],
    { loss: 'sparseCategoricalCrossentropy', classes: 7 },
  ),
  caseOfStack(
    'a small language model of memory',
    [
      layer('Embedding', 'table', { input_dim: 7, output_dim: 5, batch_input_shape: [null, 4] }),
      layer('GRU', 'memory', { units: 6, return_sequences: true, ...ZEROS }),
      layer('LayerNormalization', 'norm', { axis: -1, epsilon: 1e-5 }),
      dense('next', 7, 'softmax'),
    ],
    { loss: 'sparseCategoricalCrossentropy', classes: 7 },
  ),
];
