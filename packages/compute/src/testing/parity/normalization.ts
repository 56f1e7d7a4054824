/** Normalization, and layers with several inputs. */

import { dense, layer } from '../programs.ts';
import { caseOf, caseOfLayer, type ParityCase } from './case.ts';

const MERGES = ['Add', 'Multiply', 'Average', 'Maximum', 'Minimum', 'Concatenate'];

export const NORMALIZATION_CASES: readonly ParityCase[] = [
  caseOfLayer('batch normalization', [4, 3], 'BatchNormalization', {
    axis: -1,
    momentum: 0.9,
    epsilon: 1e-3,
  }),
  caseOfLayer('batch normalization of pictures', [3, 4, 2], 'BatchNormalization', {
    axis: -1,
    momentum: 0.7,
  }),
  caseOfLayer('layer normalization', [4, 6], 'LayerNormalization', { axis: -1, epsilon: 1e-5 }),
  caseOfLayer('layer normalization over two axes', [4, 3], 'LayerNormalization', { axis: [1, 2] }),
  ...MERGES.map((kind) => branched(kind)),
];

/** in → a, b → merge → out. */
function branched(kind: string): ParityCase {
  const called = (json: Record<string, unknown>, ...inputs: string[]) => ({
    ...json,
    name: (json['config'] as { name: string }).name,
    inbound_nodes: inputs.length === 0 ? [] : [inputs.map((input) => [input, 0, 0, {}])],
  });
  return caseOf(`${kind} of two branches`, {
    class_name: 'Model',
    config: {
      name: 'branched',
      layers: [
        called(layer('InputLayer', 'in', { batch_input_shape: [null, 5], dtype: 'float32', sparse: false })),
        called(dense('a', 4, 'tanh'), 'in'),
        called(dense('b', 4, 'sigmoid'), 'in'),
        called(layer(kind, 'merged', kind === 'Concatenate' ? { axis: -1 } : {}), 'a', 'b'),
        called(dense('out', 3, 'softmax'), 'merged'),
      ],
      input_layers: [['in', 0, 0]],
      output_layers: [['out', 0, 0]],
    },
  });
}
