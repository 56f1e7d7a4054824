/**
 * Recurrent layers, unrolled in time: a sequence of fixed length is so many steps of one function. What the inputs bring is
 * one product for all steps. Gates lie side by side in one kernel, in the order of Keras.
 */

import { numpy as np } from '@jax-js/jax';
import {
  type JaxLayer,
  type LayerConfig,
  type LayerPlace,
  type LayerRule,
  only,
  requireConfig,
} from '../layer.ts';
import { activationOf } from './activation.ts';

export const RECURRENT_LAYERS: Readonly<Record<string, LayerRule>> = {
  SimpleRNN: (place) => recurrent(place, 1, simple),
  GRU: (place) => recurrent(place, 3, gated),
  LSTM: (place) => recurrent(place, 4, longShort),
};

/** One step in time. */
interface Step {
  /** What this step's input brings to each gate, `[samples, gates × units]`. */
  readonly brought: np.Array;
  /** `[samples, units]`, none of them before the first step. */
  readonly state: readonly np.Array[];
  /** `[units, gates × units]`. */
  readonly kernel: np.Array;
}

/** Answers with the new state, whose first part is the output. */
type Cell = (step: Step, units: number, config: LayerConfig) => readonly np.Array[];

function recurrent({ config, inputShapes }: LayerPlace, gates: number, cell: Cell): JaxLayer {
  requireConfig(config, {
    stateful: [false],
    return_state: [false],
    dropout: [0],
    recurrent_dropout: [0],
    reset_after: [false],
  });
  const [time, width] = inputShapes[0]! as readonly [number, number];
  const units = Number(config['units']);
  const hasBias = config['use_bias'] !== false;
  const returnsAll = config['return_sequences'] === true;
  const order = Array.from({ length: time }, (_, t) => (config['go_backwards'] === true ? time - 1 - t : t));
  return {
    outputShape: returnsAll ? [time, units] : [units],
    params: [
      { name: 'kernel', shape: [width, gates * units] },
      { name: 'recurrent', shape: [units, gates * units] },
      ...(hasBias ? [{ name: 'bias', shape: [gates * units] }] : []),
    ],
    apply({ inputs, params: [kernel, recurrentKernel, bias] }) {
      const product = np.matmul(only(inputs).reshape([-1, width]), kernel!);
      const all = (bias === undefined ? product : product.add(bias)).reshape([-1, time, gates * units]);
      const steps = np.split(all, time, 1).map((step) => step.reshape([-1, gates * units]));
      let state: readonly np.Array[] = [];
      const outputs: np.Array[] = [];
      for (const t of order) {
        state = cell({ brought: steps[t]!, state, kernel: recurrentKernel!.ref }, units, config);
        outputs.push(state[0]!.ref);
      }
      return returnsAll ? np.stack(outputs, 1) : outputs.at(-1)!;
    },
  };
}

function simple({ brought, state: [before], kernel }: Step, _units: number, config: LayerConfig): np.Array[] {
  const sum = before === undefined ? brought : brought.add(np.matmul(before, kernel));
  return [activationOf({ activation: 'tanh', ...config })(sum)];
}

/** Cho et al., 2014, with the reset before the product, as Keras has it by default: gates z, r and h. */
function gated({ brought, state: [before], kernel }: Step, units: number, config: LayerConfig): np.Array[] {
  const [z, r, h] = split(brought, 3) as [np.Array, np.Array, np.Array];
  const gate = recurrentActivationOf(config);
  const activation = activationOf({ activation: 'tanh', ...config });
  if (before === undefined) return [gate(z).mul(-1).add(1).mul(activation(h))];
  const [gates, candidate] = np.split(kernel, [2 * units], 1) as [np.Array, np.Array];
  const [fromZ, fromR] = split(np.matmul(before.ref, gates), 2) as [np.Array, np.Array];
  const update = gate(z.add(fromZ));
  const reset = gate(r.add(fromR));
  const proposed = activation(h.add(np.matmul(reset.mul(before.ref), candidate)));
  return [update.ref.mul(before).add(update.mul(-1).add(1).mul(proposed))];
}

/** Hochreiter and Schmidhuber, 1997: gates i, f, c and o. */
function longShort(
  { brought, state: [before, carried], kernel }: Step,
  _units: number,
  config: LayerConfig,
): np.Array[] {
  const sum = before === undefined ? brought : brought.add(np.matmul(before, kernel));
  const [i, f, c, o] = split(sum, 4) as [np.Array, np.Array, np.Array, np.Array];
  const gate = recurrentActivationOf(config);
  const activation = activationOf({ activation: 'tanh', ...config });
  const fresh = gate(i).mul(activation(c));
  const carry = carried === undefined ? fresh : gate(f).mul(carried).add(fresh);
  return [gate(o).mul(activation(carry.ref)), carry];
}

function split(x: np.Array, gates: number): np.Array[] {
  return np.split(x, gates, 1);
}

function recurrentActivationOf(config: LayerConfig) {
  return activationOf({ recurrent_activation: 'hardSigmoid', ...config }, 'recurrent_activation');
}
