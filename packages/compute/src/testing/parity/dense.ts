import { dense } from '../programs.ts';
import { caseOf, caseOfLayer, caseOfStack, type ParityCase } from './case.ts';

const ACTIVATIONS = [
  ...['linear', 'relu', 'relu6', 'sigmoid', 'hardSigmoid', 'tanh', 'softmax', 'softplus', 'softsign'],
  ...['elu', 'selu', 'swish', 'mish', 'gelu'],
];

export const DENSE_CASES: readonly ParityCase[] = [
  caseOfLayer('dense', [5], 'Dense', { units: 4, activation: 'relu', use_bias: true }),
  caseOfLayer('dense without a bias', [5], 'Dense', { units: 4, use_bias: false }),
  caseOfLayer('dense over the last of three axes', [2, 3, 5], 'Dense', { units: 4, activation: 'tanh' }),
  caseOfLayer('a frozen layer', [5], 'Dense', { units: 4, activation: 'tanh', trainable: false }),
  caseOfLayer('penalties', [5], 'Dense', {
    units: 4,
    kernel_regularizer: { class_name: 'L1L2', config: { l1: 0.01, l2: 0.02 } },
    bias_regularizer: { class_name: 'L1L2', config: { l1: 0, l2: 0.1 } },
  }),
  ...ACTIVATIONS.map((activation) =>
    caseOfLayer(`activation ${activation}`, [6], 'Activation', { activation }),
  ),
  caseOfLayer('ReLU layer', [6], 'ReLU', { max_value: 0.2 }),
  caseOfLayer('LeakyReLU', [6], 'LeakyReLU', { alpha: 0.2 }),
  caseOfLayer('ELU', [6], 'ELU', { alpha: 1 }),
  caseOfLayer('Softmax layer', [2, 3], 'Softmax', { axis: -1 }),
  caseOfLayer('dropout', [6], 'Dropout', { rate: 0.4 }),
  caseOfLayer('flatten', [2, 3, 2], 'Flatten'),
  caseOfLayer('reshape', [2, 3, 2], 'Reshape', { target_shape: [4, 3] }),
  caseOfLayer('permute', [2, 3, 2], 'Permute', { dims: [3, 1, 2] }),
  caseOfLayer('repeat vector', [4], 'RepeatVector', { n: 3 }),
  caseOfStack(
    'loss sparseCategoricalCrossentropy at every position',
    [dense('at-each', 4, 'softmax', { batch_input_shape: [null, 3, 5] })],
    { loss: 'sparseCategoricalCrossentropy' },
  ),
  caseOfStack('loss binaryCrossentropy', [dense('yes', 2, 'sigmoid', { batch_input_shape: [null, 5] })], {
    loss: 'binaryCrossentropy',
  }),
  caseOfStack('loss meanSquaredError', [dense('value', 2, 'linear', { batch_input_shape: [null, 5] })], {
    loss: 'meanSquaredError',
    metric: 'meanAbsoluteError',
  }),
  caseOf('a functional model', {
    class_name: 'Model',
    config: {
      name: 'functional',
      layers: [
        {
          class_name: 'InputLayer',
          name: 'in',
          config: { batch_input_shape: [null, 5], dtype: 'float32', sparse: false, name: 'in' },
          inbound_nodes: [],
        },
        { ...dense('hidden', 4, 'tanh'), name: 'hidden', inbound_nodes: [[['in', 0, 0, {}]]] },
        { ...dense('out', 3, 'softmax'), name: 'out', inbound_nodes: [[['hidden', 0, 0, {}]]] },
      ],
      input_layers: [['in', 0, 0]],
      output_layers: [['out', 0, 0]],
    },
  }),
];
