/**
 * A model as pure functions, made to be traced and compiled: what a unit contributes, what held-out samples score, what the
 * model answers. Parameters are one vector, of which each layer sees slices, which a compiler folds into whatever reads them. The gradient
 * is not: to put its tensors into one vector would be a pass over all of it for every few of them, so it comes as parts (`unit-fold`).
 */

import { numpy as np, valueAndGrad } from '@jax-js/jax';
import type { ParamLayout } from '@manyhands/core';
import type { ModelProgram } from '../engine.ts';
import { type Graph, type GraphCall, readGraph } from './graph.ts';
import { lossOfSamples, metricOfSamples } from './objective.ts';
import type { WeightArrays } from './traced-pass.ts';

/** The arrays of one pass; each function below takes them over. */
export type UnitArrays = WeightArrays & {
  /** `[samples, ...inputShape]`. */
  inputs: np.Array;
  /** `[samples, ...targetShape]`. */
  targets: np.Array;
  /** A mask for each of `dropouts`, `[samples, elements]`. */
  masks: np.Array[];
};

export type ScoreArrays = Omit<UnitArrays, 'masks'> & {
  /** `[samples]`, 0 for padding. */
  weights: np.Array;
};

export interface JaxModel {
  readonly graph: Graph;
  readonly dropouts: readonly Dropout[];
  /** The contribution of all samples, in parts: the gradient of each tensor, the state's tensors, loss and metric. */
  unit(arrays: UnitArrays): np.Array[];
  /** `[Σ weight × loss, Σ weight × metric]`. */
  score(arrays: ScoreArrays): np.Array;
  /** `[samples × outputs]`. */
  infer(arrays: Omit<UnitArrays, 'targets' | 'masks'>): np.Array;
}

export interface Dropout {
  readonly layer: string;
  readonly rate: number;
  readonly elements: number;
}

/** Throws an `EngineError` that names the layer which this engine does not have, and why. */
export function readJaxModel(program: ModelProgram): JaxModel {
  const graph = readGraph(program);
  const { loss, metric } = program;
  const dropouts = graph.calls.flatMap(({ name, layer: { dropout } }) =>
    dropout === undefined ? [] : [{ layer: name, ...dropout }],
  );

  const split = ({ params, state }: WeightArrays): Weights => ({
    params: slices(params, program.params),
    state: state.length === 0 ? [] : slices(state[0]!, program.state),
  });

  return {
    graph,
    dropouts,
    unit({ params, state, inputs, targets, masks }) {
      const samples = inputs.shape[0]!;
      const weights = split({ params, state });
      const summedLoss = (tensors: np.Array[]): [np.Array, np.Array[]] => {
        const trained = { params: tensors, state: weights.state };
        const { output, kept } = run(graph, trained, inputs.ref, { training: true, masks });
        const metricSum = metricOfSamples(metric, loss, targets.ref, output.ref).sum();
        const lossSum = penalties(graph, trained, samples).reduce(
          (sum, penalty) => sum.add(penalty),
          lossOfSamples(loss, targets.ref, output).sum(),
        );
        return [lossSum, [metricSum, ...kept.map((array) => array.reshape([-1]).mul(samples))]];
      };
      const [[lossSum, [metricSum, ...kept]], gradients] = valueAndGrad(summedLoss, { hasAux: true })([
        ...weights.params,
      ]) as [[np.Array, np.Array[]], np.Array[]];
      return [...gradients, ...kept, lossSum, metricSum!];
    },
    score({ params, state, inputs, targets, weights }) {
      const { output } = run(graph, split({ params, state }), inputs, { training: false, masks: [] });
      const losses = lossOfSamples(loss, targets.ref, output.ref).mul(weights.ref).sum();
      const metrics = metricOfSamples(metric, loss, targets, output).mul(weights).sum();
      return np.concatenate([losses.reshape([1]), metrics.reshape([1])]);
    },
    infer: ({ params, state, inputs }) =>
      run(graph, split({ params, state }), inputs, { training: false, masks: [] }).output.reshape([-1]),
  };
}

/** By their places in the layouts. */
interface Weights {
  readonly params: readonly np.Array[];
  readonly state: readonly np.Array[];
}

/** The tensors of a layout, as views of the vector. */
function slices(vector: np.Array, layout: ParamLayout): np.Array[] {
  const cuts = layout.slice(1).map(({ offset }) => offset);
  return np.split(vector, cuts).map((part, i) => part.reshape([...layout[i]!.shape]));
}

/** Forward through the graph; `kept` is the whole state after it, by its places. */
function run(
  graph: Graph,
  weights: Weights,
  inputs: np.Array,
  { training, masks }: { readonly training: boolean; readonly masks: readonly np.Array[] },
): { readonly output: np.Array; readonly kept: readonly np.Array[] } {
  const values: np.Array[] = [inputs];
  const kept = [...weights.state];
  let mask = 0;
  for (const { layer, inputs: from, params, state, trainable } of graph.calls) {
    const hasMask = training && layer.dropout !== undefined;
    const pick = (places: GraphCall['params'], among: readonly np.Array[]) =>
      places.map(({ place }) => among[place]!.ref);
    const output = layer.apply({
      inputs: from.map((index) => values[index]!.ref),
      params: pick(params, trainable ? weights.params : weights.state),
      state: pick(state, weights.state),
      training,
      mask: hasMask ? masks[mask++]! : undefined,
      keep(arrays) {
        for (const [i, { place }] of state.entries()) kept[place] = arrays[i]!;
      },
    });
    values.push(output);
  }
  return { output: values[graph.output]!, kept };
}

/** Keras adds regularization once a batch, to a mean; here losses are sums, so it counts once a sample. */
function penalties(graph: Graph, weights: Weights, samples: number): np.Array[] {
  return graph.calls.flatMap(({ params }) =>
    params.flatMap(({ place, penalty }) => {
      if (penalty === undefined) return [];
      const weight = weights.params[place]!;
      const l1 = np
        .absolute(weight.ref)
        .sum()
        .mul(penalty.l1 * samples);
      const l2 = np
        .square(weight.ref)
        .sum()
        .mul(penalty.l2 * samples);
      return [...(penalty.l1 === 0 ? [] : [l1]), ...(penalty.l2 === 0 ? [] : [l2])];
    }),
  );
}
