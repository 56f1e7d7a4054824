/** Convolutions and pools. */

import { convolution, dense, layer } from '../programs.ts';
import { caseOfLayer, caseOfStack, type ParityCase } from './case.ts';

const CHANNELS_LAST = { data_format: 'channels_last' };

/** Average pools with a border, whose gradient in TF.js is not that of their values. */
export const BORDERED_CASES: readonly ParityCase[] = [
  caseOfLayer('Average pool 1-D, same', [7, 2], 'AveragePooling1D', {
    ...{ pool_size: [2], strides: [2], padding: 'same' },
  }),
  caseOfLayer('Average pool 2-D that overlaps, same', [5, 6, 2], 'AveragePooling2D', {
    ...CHANNELS_LAST,
    ...{ pool_size: [3, 3], strides: [2, 1], padding: 'same' },
  }),
];

export const SPACE_CASES: readonly ParityCase[] = [
  ...['same', 'valid'].flatMap((padding) => [
    caseOfLayer(`convolution 1-D, ${padding}`, [7, 3], 'Conv1D', {
      filters: 4,
      kernel_size: [3],
      padding,
      activation: 'relu',
    }),
    caseOfLayer(`convolution 2-D, ${padding}`, [6, 5, 3], 'Conv2D', {
      ...CHANNELS_LAST,
      ...{ filters: 4, kernel_size: [3, 2], padding, activation: 'relu' },
    }),
    caseOfLayer(`convolution 2-D in strides, ${padding}`, [7, 6, 2], 'Conv2D', {
      ...CHANNELS_LAST,
      ...{ filters: 3, kernel_size: [3, 3], strides: [2, 2], padding, use_bias: false },
    }),
    caseOfLayer(`depthwise convolution, ${padding}`, [6, 5, 3], 'DepthwiseConv2D', {
      ...CHANNELS_LAST,
      ...{ kernel_size: [3, 3], depth_multiplier: 2, padding, activation: 'tanh' },
    }),
    caseOfLayer(`separable convolution, ${padding}`, [6, 5, 3], 'SeparableConv2D', {
      ...CHANNELS_LAST,
      ...{ filters: 4, kernel_size: [3, 3], padding },
    }),
    ...(padding === 'same' ? ['Max'] : ['Max', 'Average']).flatMap((kind) => [
      caseOfLayer(`${kind} pool 1-D, ${padding}`, [7, 2], `${kind}Pooling1D`, {
        pool_size: [2],
        strides: [2],
        padding,
      }),
      caseOfLayer(`${kind} pool 2-D, ${padding}`, [5, 6, 2], `${kind}Pooling2D`, {
        ...CHANNELS_LAST,
        ...{ pool_size: [2, 2], strides: [2, 2], padding },
      }),
      caseOfLayer(`${kind} pool 2-D that overlaps, ${padding}`, [5, 6, 2], `${kind}Pooling2D`, {
        ...CHANNELS_LAST,
        ...{ pool_size: [3, 3], strides: [2, 1], padding },
      }),
    ]),
  ]),
  caseOfLayer('GlobalAveragePooling1D', [5, 3], 'GlobalAveragePooling1D', CHANNELS_LAST),
  caseOfLayer('GlobalMaxPooling1D', [5, 3], 'GlobalMaxPooling1D', CHANNELS_LAST),
  caseOfLayer('GlobalAveragePooling2D', [4, 5, 3], 'GlobalAveragePooling2D', CHANNELS_LAST),
  caseOfLayer('GlobalMaxPooling2D', [4, 5, 3], 'GlobalMaxPooling2D', CHANNELS_LAST),
  caseOfLayer('ZeroPadding2D', [3, 4, 2], 'ZeroPadding2D', {
    ...CHANNELS_LAST,
    ...{
      padding: [
        [1, 2],
        [0, 1],
      ],
    },
  }),
  caseOfStack('a small network of convolutions', [
    convolution('conv1', 4, { batch_input_shape: [null, 8, 8, 1] }),
    layer('MaxPooling2D', 'pool1', { ...CHANNELS_LAST, pool_size: [2, 2], strides: [2, 2] }),
    convolution('conv2', 6, { strides: [2, 2] }),
    layer('Flatten', 'flat'),
    layer('Dropout', 'drop', { rate: 0.25 }),
    dense('digits', 5, 'softmax'),
  ]),
];
