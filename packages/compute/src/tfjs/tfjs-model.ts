/** A model in TF.js, on whichever of its backends was probed. Loads the tensor library. */

import { layoutSize } from '@manyhands/core';
import * as tf from '@tensorflow/tfjs-core';
import type { DeviceModel, PassFold } from '../device-model.ts';
import { doesNotFit, EngineError, isOutOfMemory, messageOf } from '../engine-error.ts';
import type { Preparing } from '../prepare-engine.ts';
import type { UnitFold } from '../unit-fold.ts';
import { inPasses } from '../unit-passes.ts';
import type { Backend } from './backend.ts';
import { startPlainBackend } from './plain-backend.ts';
import { buildTrainableModel, type TrainableModel } from './trainable-model.ts';
import { startWebGpuBackend } from './webgpu-backend.ts';

export async function startTfjsModel({
  program,
  probe,
  passes,
  wasmBase,
  report,
}: Preparing): Promise<DeviceModel> {
  const device = inPasses(probe.device, passes);
  const backend =
    device.backend === 'webgpu'
      ? await startWebGpuBackend(device)
      : await startPlainBackend(device, wasmBase);
  report({ stage: 'device', done: 1, total: 1 });
  try {
    report({ stage: 'model', done: 0, total: 1 });
    const model = await buildTrainableModel(program);
    report({ stage: 'model', done: 1, total: 1 });
    return onBackend(program, model, backend);
  } catch (thrown) {
    backend.dispose();
    throw thrown instanceof EngineError
      ? thrown
      : new EngineError('backend', messageOf(thrown), { cause: thrown });
  }
}

function onBackend(
  { params, state }: Pick<Preparing['program'], 'params' | 'state'>,
  model: TrainableModel,
  backend: Backend,
): DeviceModel {
  const shape = { params: layoutSize(params), state: layoutSize(state) };
  const { encodedFold } = backend;
  const inputs = (values: Float32Array, samples: number) => tf.tensor(values, [samples, ...model.inputShape]);
  const targets = (values: Float32Array, samples: number) =>
    tf.tensor(values, [samples, ...model.targetShape]);
  const zeros = (samples: number, shape: readonly number[]) => tf.zeros([samples, ...shape]);
  const passFold = <Sum>(fold: UnitFold<tf.Tensor, Sum>): PassFold<Sum> => ({
    async add(samples, step) {
      const count = samples.ids.length;
      let added: Promise<void> | undefined;
      tf.tidy(() => {
        const sums = model.unit(
          inputs(samples.inputs, count),
          targets(samples.targets, count),
          samples.ids,
          step,
        );
        added = fold.add(sums);
      });
      await added;
    },
    take: () => fold.take(),
  });

  return {
    ...model,
    device: backend.device,
    lost: backend.lost,
    verify: backend.verify,

    compile(sizes, onProgress) {
      const pass = () =>
        tf.tidy(() => {
          for (const samples of sizes) {
            const [input, target] = [zeros(samples, model.inputShape), zeros(samples, model.targetShape)];
            model.unit(input, target, new Uint32Array(samples), 0);
          }
          const scored = Math.max(...sizes);
          const [input, target] = [zeros(scored, model.inputShape), zeros(scored, model.targetShape)];
          model.score(input, target, tf.zeros([scored]));
        });
      return backend.compile(pass, onProgress);
    },

    explain: (thrown) => explain(thrown, model, backend.device.backend),

    write(values, stateValues) {
      backend.write(model.params, params, values);
      backend.write(model.state, state, stateValues);
    },

    fold: () => passFold(backend.fold(shape)),
    encodedFold: encodedFold && ((encoding) => passFold(encodedFold(shape, encoding))),
    descent: undefined,

    score: (samples, weights) =>
      read(() =>
        model.score(
          inputs(samples.inputs, weights.length),
          targets(samples.targets, weights.length),
          tf.tensor1d(weights),
        ),
      ),

    infer: (values, samples) => read(() => model.infer(inputs(values, samples))),

    dispose() {
      model.dispose();
      backend.dispose();
    },
  };
}

/** Issued at once; the device computes it while the result of another travels. */
async function read(compute: () => tf.Tensor): Promise<Float32Array> {
  const result = tf.tidy(compute);
  try {
    return (await result.data()) as Float32Array;
  } finally {
    result.dispose();
  }
}

function explain(thrown: unknown, model: TrainableModel, backend: string): EngineError {
  if (thrown instanceof EngineError) return thrown;
  const said = messageOf(thrown);
  if (isOutOfMemory(thrown)) return doesNotFit(thrown);
  const missing = /Kernel '(\w+)' not registered/.exec(said);
  if (missing !== null) {
    return new EngineError(
      'backend',
      `The ${backend} backend cannot train this model: it has no ${missing[1]}.`,
    );
  }
  const layer = model.explainFailure();
  if (layer !== undefined) return new EngineError('model', layer, { cause: thrown });
  return new EngineError('backend', `The ${backend} backend cannot train this model: ${said}`, {
    cause: thrown,
  });
}
