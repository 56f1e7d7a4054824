import { numpy as np } from '@jax-js/jax';
import type { LayerRule } from '../layer.ts';
import { only } from '../layer.ts';
import { activationOf } from './activation.ts';

/** y = activation(x · kernel + bias) over the last axis. */
export const DENSE_LAYERS: Readonly<Record<string, LayerRule>> = {
  Dense({ config, inputShapes }) {
    const shape = inputShapes[0]!;
    const [outer, width] = [shape.slice(0, -1), shape.at(-1)!];
    const units = Number(config['units']);
    const hasBias = config['use_bias'] !== false;
    const activation = activationOf(config);
    return {
      outputShape: [...outer, units],
      params: [
        { name: 'kernel', shape: [width, units] },
        ...(hasBias ? [{ name: 'bias', shape: [units] }] : []),
      ],
      apply({ inputs, params: [kernel, bias] }) {
        // One product of two matrices, however many axes lie before the last.
        const product = np.matmul(only(inputs).reshape([-1, width]), kernel!);
        const answer = bias === undefined ? product : product.add(bias);
        return activation(answer.reshape([-1, ...outer, units]));
      },
    };
  },
};
