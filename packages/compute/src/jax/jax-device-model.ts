/** A model in jax-js on WebGPU or WASM: each pass is one compiled function. Loads the library. */

import { layoutSize } from '@manyhands/core';
import type { DeviceModel, PassFold } from '../device-model.ts';
import { dropoutMask } from '../dropout-mask.ts';
import type { ModelProgram } from '../engine.ts';
import { doesNotFit, EngineError, isOutOfMemory, messageOf } from '../engine-error.ts';
import type { Preparing } from '../prepare-engine.ts';
import { targetShapeOf } from '../target-shape.ts';
import type { UnitFold } from '../unit-fold.ts';
import { inPasses } from '../unit-passes.ts';
import type { JaxDevice, JaxPass } from './jax-device.ts';
import { type JaxModel, readJaxModel } from './jax-model.ts';

export async function startJaxModel({ program, probe, passes, report }: Preparing): Promise<DeviceModel> {
  const { backend } = probe.device;
  if (backend !== 'webgpu' && backend !== 'wasm')
    throw new EngineError('backend', `jax-js does not train on ${backend}.`);
  report({ stage: 'model', done: 0, total: 1 });
  const model = readJaxModel(program);
  report({ stage: 'model', done: 1, total: 1 });
  const shape = { params: layoutSize(program.params), state: layoutSize(program.state) };
  const device = inPasses(probe.device, passes);
  const started = () => report({ stage: 'device', done: 1, total: 1 });
  if (backend === 'webgpu') {
    const jax = await (await import('./jax-gpu-device.ts')).startJaxGpu(shape);
    started();
    return onDevice(program, model, jax, device);
  }
  const jax = await (await import('./jax-wasm-device.ts')).startJaxWasm(shape);
  started();
  return onDevice(program, model, jax, device);
}

function onDevice<Part>(
  program: ModelProgram,
  model: JaxModel,
  jax: JaxDevice<Part>,
  device: DeviceModel['device'],
): DeviceModel {
  const { graph, dropouts } = model;
  const { loss, seed } = program;
  const targetShape = targetShapeOf(loss, graph.outputShape);
  const { encodedFold, descent: descentOf } = jax;

  type Progress = Parameters<DeviceModel['compile']>[1];
  /** Each number of samples is a program of its own, which is compiled when it is first asked for. */
  const bySamples = (prepare: (samples: number, onProgress: Progress) => Promise<JaxPass<Part>>) => {
    const prepared = new Map<number, Promise<JaxPass<Part>>>();
    return (samples: number, onProgress: Progress = () => {}) => {
      const pass = prepared.get(samples) ?? prepare(samples, onProgress);
      prepared.set(samples, pass);
      return pass;
    };
  };
  const inputsOf = (samples: number) => [samples, ...graph.inputShape];
  const targetsOf = (samples: number) => [samples, ...targetShape];
  const unitOf = bySamples((samples, onProgress) =>
    jax.prepare(
      (weights, [inputs, targets, ...masks]) =>
        model.unit({ ...weights, inputs: inputs!, targets: targets!, masks }),
      [inputsOf(samples), targetsOf(samples), ...dropouts.map(({ elements }) => [samples, elements])],
      onProgress,
    ),
  );
  const scoreOf = bySamples((samples, onProgress) =>
    jax.prepare(
      (arrays, [inputs, targets, weights]) => [
        model.score({ ...arrays, inputs: inputs!, targets: targets!, weights: weights! }),
      ],
      [inputsOf(samples), targetsOf(samples), [samples]],
      onProgress,
    ),
  );
  const inferOf = bySamples((samples, onProgress) =>
    jax.prepare(
      (weights, [inputs]) => [model.infer({ ...weights, inputs: inputs! })],
      [inputsOf(samples)],
      onProgress,
    ),
  );

  const passFold = <Sum>(fold: UnitFold<Part, Sum>): PassFold<Sum> => ({
    async add({ inputs, targets, ids }, step) {
      const unit = await unitOf(ids.length);
      const masks = dropouts.map(({ layer, rate, elements }) =>
        dropoutMask({ seed, step, layer }, rate, ids, elements),
      );
      await fold.add(unit([inputs, targets, ...masks]));
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

    async compile(sizes, onProgress) {
      for (const samples of sizes) await unitOf(samples, onProgress);
    },

    explain,
    write: jax.write,
    fold: () => passFold(jax.fold()),
    encodedFold: encodedFold && ((encoding) => passFold(encodedFold(encoding))),
    descent:
      descentOf &&
      ((optimizer) => {
        const descent = descentOf(optimizer);
        return descent && { ...descent, fold: (...asked) => passFold(descent.fold(...asked)) };
      }),

    async score({ inputs, targets }, sampleWeights) {
      const score = await scoreOf(sampleWeights.length);
      return jax.read(score([inputs, targets, sampleWeights])[0]!);
    },

    async infer(inputs, samples) {
      const infer = await inferOf(samples);
      return jax.read(infer([inputs])[0]!);
    },

    dispose: jax.dispose,
  };
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
