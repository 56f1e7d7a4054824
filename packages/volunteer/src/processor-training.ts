/**
 * Training by itself where the device takes no steps: the optimizer runs on the processor, in the very loops of the server, and the device
 * computes gradients as ever. What a unit comes to depends on nothing but its samples and the class of the device.
 */

import type { Engine, LocalTraining } from '@manyhands/compute';
import {
  canonicalize,
  contributionLength,
  contributionParts,
  createOptimizer,
  createSlots,
  createTreeFold,
  merge,
  type OptimizerSpec,
  type UnitRun,
} from '@manyhands/core';
import type { Parameters } from './parameters.ts';

/** Leaves other parameters on the engine. */
export function createProcessorTraining(
  engine: Pick<Engine, 'shape' | 'setParams' | 'gradient'>,
  spec: OptimizerSpec,
  start: Parameters,
  unitSamples: number,
): LocalTraining {
  const optimizer = createOptimizer(spec);
  const fold = createTreeFold<Float32Array>(merge);
  let unit: Unit | undefined;

  const end = () => {
    if (unit !== undefined) fold.add(wayOf(unit));
    unit = undefined;
  };

  const wayOf = ({ params, state, lossSum, metricSum, taken }: Unit): Float32Array => {
    const samples = taken * unitSamples;
    const vector = new Float32Array(contributionLength(engine.shape));
    const { gradientSum: way, stateSum } = contributionParts(vector, engine.shape);
    for (let i = 0; i < way.length; i++) way[i] = samples * (start.params[i]! - params[i]!);
    for (let i = 0; i < state.length; i++) stateSum[i] = samples * state[i]!;
    vector.set([lossSum, metricSum], way.length + state.length);
    canonicalize(vector);
    return vector;
  };

  return {
    async step(batch, taken, step) {
      if (taken === 0) {
        end();
        unit = {
          params: start.params.slice(),
          state: start.state.slice(),
          slots: createSlots(optimizer, start.params.length),
          ...{ lossSum: 0, metricSum: 0, taken: 0 },
        };
      }
      const { params, state, slots } = unit!;
      engine.setParams(params, state);
      const sums = contributionParts(await engine.gradient(batch, ONE_UNIT, 1, step), engine.shape);
      const gradient = sums.gradientSum;
      for (let i = 0; i < gradient.length; i++) gradient[i] = gradient[i]! / unitSamples;
      optimizer.apply(params, gradient, slots, taken);
      for (let i = 0; i < state.length; i++) state[i] = sums.stateSum[i]! / unitSamples;
      unit!.lossSum += sums.lossSum;
      unit!.metricSum += sums.metricSum;
      unit!.taken++;
    },
    async whole() {
      end();
      return fold.take()!;
    },
    encoded: undefined,
  };
}

interface Unit {
  readonly params: Float32Array;
  readonly state: Float32Array;
  readonly slots: readonly Float32Array[];
  lossSum: number;
  metricSum: number;
  taken: number;
}

/** To an engine every step is a batch of one unit. */
const ONE_UNIT: UnitRun = { first: 0, count: 1 };
