/** Brings one backend and one model together, and trains a unit of zeros as proof. Loads the tensor library. */

import { contributionLength } from '@manyhands/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Probe } from '../backend-choice.ts';
import type { Engine, ModelProgram, Preparation } from '../engine.ts';
import { EngineError, messageOf } from '../engine-error.ts';
import type { Backend } from './backend.ts';
import { startPlainBackend } from './plain-backend.ts';
import { createTfjsEngine } from './tfjs-engine.ts';
import { buildTrainableModel, type TrainableModel } from './trainable-model.ts';
import { startWebGpuBackend } from './webgpu-backend.ts';

/**
 * An engine that has proved that it can train the program on the probed backend. Throws an `EngineError` of kind
 * 'model' where no backend could, of kind 'backend' where another one may; nothing is left behind then.
 */
export async function prepareEngine(
  program: ModelProgram,
  probe: Probe & { usable: true },
  wasmBase: string | undefined,
  report: (preparation: Preparation) => void,
  onDispose: () => void,
): Promise<Engine> {
  const backend =
    probe.device.backend === 'webgpu'
      ? await startWebGpuBackend(probe.device)
      : await startPlainBackend(probe.device, wasmBase);
  report({ stage: 'device', done: 1, total: 1 });
  let model: TrainableModel | undefined;
  try {
    report({ stage: 'model', done: 0, total: 1 });
    model = await buildTrainableModel(program);
    report({ stage: 'model', done: 1, total: 1 });
    const engine = createTfjsEngine(program, model, backend, onDispose);
    await rehearse(program, model, backend, engine, report);
    return engine;
  } catch (thrown) {
    const refusal = model === undefined ? asRefusal(thrown) : explain(thrown, model, probe.device.backend);
    model?.dispose();
    backend.dispose();
    throw refusal;
  }
}

/** One unit of zeros: first only compiled, with progress, then computed, folded and read. */
async function rehearse(
  program: ModelProgram,
  model: TrainableModel,
  backend: Backend,
  engine: Engine,
  report: (preparation: Preparation) => void,
): Promise<void> {
  const { unitSamples } = program;
  const zeros = (shape: readonly number[]) => tf.zeros([unitSamples, ...shape]);
  const ids = new Uint32Array(unitSamples);
  const pass = () =>
    tf.tidy(() => {
      model.unit(zeros(model.inputShape), zeros(model.targetShape), ids, 0);
      model.score(zeros(model.inputShape), zeros(model.targetShape), tf.zeros([unitSamples]));
    });
  report({ stage: 'kernels', done: 0, total: 1 });
  await backend.verify(async () => {
    await backend.compile(pass, (done, total) => report({ stage: 'kernels', done, total: total + 1 }));
    const { params, state } = engine.shape;
    engine.setParams(new Float32Array(params), new Float32Array(state));
    const fold = backend.fold(contributionLength(engine.shape));
    for (let unit = 0; unit < 2; unit++) {
      let added: Promise<void> | undefined;
      tf.tidy(() => {
        added = fold.add(model.unit(zeros(model.inputShape), zeros(model.targetShape), ids, 0));
      });
      await added;
    }
    await fold.take();
  });
  report({ stage: 'kernels', done: 1, total: 1 });
}

function explain(thrown: unknown, model: TrainableModel, backend: string): EngineError {
  if (thrown instanceof EngineError) return thrown;
  const said = messageOf(thrown);
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

function asRefusal(thrown: unknown): EngineError {
  return thrown instanceof EngineError
    ? thrown
    : new EngineError('backend', messageOf(thrown), { cause: thrown });
}
