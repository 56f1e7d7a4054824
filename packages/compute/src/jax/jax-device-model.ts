/** A model in jax-js on WebGPU or WASM: each pass is one compiled function. Loads the library. */

import { jit, numpy as np } from '@jax-js/jax';
import { layoutSize } from '@manyhands/core';
import type { DeviceModel, PassFold } from '../device-model.ts';
import { dropoutMask } from '../dropout-mask.ts';
import type { ModelProgram } from '../engine.ts';
import { doesNotFit, EngineError, isOutOfMemory, messageOf } from '../engine-error.ts';
import type { Preparing } from '../prepare-engine.ts';
import { targetShapeOf } from '../target-shape.ts';
import type { UnitFold } from '../unit-fold.ts';
import { inPasses } from '../unit-passes.ts';
import { type JaxDevice, startJaxDevice } from './jax-device.ts';
import { type JaxModel, readJaxModel } from './jax-model.ts';

export async function startJaxModel({ program, probe, passes, report }: Preparing): Promise<DeviceModel> {
  const { backend } = probe.device;
  if (backend !== 'webgpu' && backend !== 'wasm')
    throw new EngineError('backend', `jax-js does not train on ${backend}.`);
  report({ stage: 'model', done: 0, total: 1 });
  const model = readJaxModel(program);
  report({ stage: 'model', done: 1, total: 1 });
  const device = await startJaxDevice(backend);
  report({ stage: 'device', done: 1, total: 1 });
  return onDevice(program, model, device, inPasses(probe.device, passes));
}

function onDevice(
  program: ModelProgram,
  model: JaxModel,
  jax: JaxDevice,
  device: DeviceModel['device'],
): DeviceModel {
  const { graph, dropouts } = model;
  const { loss, seed } = program;
  const targetShape = targetShapeOf(loss, graph.outputShape);
  const compiled = {
    unit: jit(model.unit),
    score: jit(model.score),
    infer: jit(model.infer),
  };
  const shape = { params: layoutSize(program.params), state: layoutSize(program.state) };
  const { encodedFold } = jax;
  let weights: { readonly params: np.Array; readonly state: readonly np.Array[] } | undefined;

  const upload = (values: Float32Array, ...shape: readonly number[]) =>
    np.array(values, { shape: [...shape] });
  const held = () => ({ params: weights!.params.ref, state: weights!.state.map((array) => array.ref) });
  const inputsOf = (values: Float32Array, samples: number) => upload(values, samples, ...graph.inputShape);
  const targetsOf = (values: Float32Array, samples: number) => upload(values, samples, ...targetShape);
  const drop = () => {
    weights?.params.dispose();
    for (const array of weights?.state ?? []) array.dispose();
    weights = undefined;
  };

  const passFold = <Sum>(fold: UnitFold<np.Array, Sum>): PassFold<Sum> => ({
    async add({ inputs, targets, ids }, step) {
      const samples = ids.length;
      const parts = compiled.unit({
        ...held(),
        inputs: inputsOf(inputs, samples),
        targets: targetsOf(targets, samples),
        masks: dropouts.map(({ layer, rate, elements }) =>
          upload(dropoutMask({ seed, step, layer }, rate, ids, elements), samples, elements),
        ),
      });
      await fold.add(parts);
    },
    take: () => fold.take(),
  });

  return {
    device,
    inputShape: graph.inputShape,
    outputShape: graph.outputShape,
    targetShape,
    inputClasses: inputClassesOf(model),
    targetClasses: loss === 'sparseCategoricalCrossentropy' ? graph.outputShape.at(-1)! : undefined,
    mixer: graph.calls.find(({ layer }) => layer.mixes)?.name,
    lost: jax.lost,
    verify: jax.verify,
    // What is traced is compiled when it is first asked for, all of it at once.
    compile: async () => {},
    explain,

    write(params, state) {
      drop();
      weights = {
        params: upload(params, params.length),
        state: state.length === 0 ? [] : [upload(state, state.length)],
      };
    },

    fold: () => passFold(jax.fold(shape)),
    encodedFold: encodedFold && ((encoding) => passFold(encodedFold(shape, encoding))),

    score({ inputs, targets }, sampleWeights) {
      const samples = sampleWeights.length;
      return read(
        compiled.score({
          ...held(),
          inputs: inputsOf(inputs, samples),
          targets: targetsOf(targets, samples),
          weights: upload(sampleWeights, samples),
        }),
      );
    },

    infer: (inputs, samples) => read(compiled.infer({ ...held(), inputs: inputsOf(inputs, samples) })),

    dispose() {
      drop();
      for (const one of Object.values(compiled)) one.dispose();
      jax.dispose();
    },
  };
}

/** One read; the array is gone with it. */
async function read(array: np.Array): Promise<Float32Array> {
  return (await array.data()) as Float32Array;
}

/** The smallest of the tables in which the model's own input is looked up. */
function inputClassesOf({ graph }: JaxModel): number | undefined {
  const sizes = graph.calls.flatMap(({ layer: { classes }, inputs }) =>
    classes !== undefined && inputs.includes(0) ? [classes] : [],
  );
  return sizes.length === 0 ? undefined : Math.min(...sizes);
}

function explain(thrown: unknown): EngineError {
  if (isOutOfMemory(thrown)) return doesNotFit(thrown);
  return new EngineError('backend', `jax-js cannot train this model: ${messageOf(thrown)}`, {
    cause: thrown,
  });
}
