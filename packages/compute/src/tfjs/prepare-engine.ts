/** Brings one backend and one model together, and trains a unit of zeros as proof. Loads the tensor library. */

import { contributionLength } from '@manyhands/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Probe } from '../backend-choice.ts';
import type { Engine, ModelProgram, Preparation } from '../engine.ts';
import { doesNotFit, EngineError, isOutOfMemory, messageOf } from '../engine-error.ts';
import { inPasses, passesOfUnit, passSamples } from '../unit-passes.ts';
import type { Backend } from './backend.ts';
import { startPlainBackend } from './plain-backend.ts';
import { createTfjsEngine } from './tfjs-engine.ts';
import { buildTrainableModel, type TrainableModel } from './trainable-model.ts';
import { startWebGpuBackend } from './webgpu-backend.ts';

export interface Preparing {
  readonly program: ModelProgram;
  readonly probe: Probe & { usable: true };
  /** In how many passes a unit is computed. */
  readonly passes: number;
  readonly wasmBase: string | undefined;
  readonly report: (preparation: Preparation) => void;
  readonly onDispose: () => void;
}

/**
 * An engine that has proved that it can train the program on the probed backend. Throws an `EngineError` of kind
 * 'model' where no backend could, of kind 'backend' where another one may, of kind 'memory' where smaller passes may;
 * nothing is left behind then.
 */
export async function prepareEngine(preparing: Preparing): Promise<Engine> {
  const { program, probe, passes, wasmBase, report, onDispose } = preparing;
  const device = inPasses(probe.device, passes);
  const backend =
    device.backend === 'webgpu'
      ? await startWebGpuBackend(device)
      : await startPlainBackend(device, wasmBase);
  report({ stage: 'device', done: 1, total: 1 });
  let model: TrainableModel | undefined;
  try {
    report({ stage: 'model', done: 0, total: 1 });
    model = await buildTrainableModel(program);
    report({ stage: 'model', done: 1, total: 1 });
    if (passes > 1) requireSeparable(model);
    const engine = createTfjsEngine(program, passes, model, backend, onDispose);
    await rehearse(preparing, model, backend, engine);
    return engine;
  } catch (thrown) {
    const refusal = model === undefined ? asRefusal(thrown) : explain(thrown, model, device.backend);
    model?.dispose();
    backend.dispose();
    throw refusal;
  }
}

/** The statistics of half a unit are not those of the unit: such a model is refused, and not given another meaning. */
function requireSeparable({ mixer }: TrainableModel): void {
  if (mixer === undefined) return;
  throw new EngineError(
    'backend',
    `A unit does not fit into the memory of this device, and the layer '${mixer}' needs all of its samples at once.`,
  );
}

/** One unit of zeros: first only compiled, with progress, then computed, folded and read. */
async function rehearse(
  { program, passes, report }: Preparing,
  model: TrainableModel,
  backend: Backend,
  engine: Engine,
): Promise<void> {
  const { unitSamples } = program;
  const zeros = (samples: number, shape: readonly number[]) => tf.zeros([samples, ...shape]);
  const train = (samples: number) =>
    model.unit(
      zeros(samples, model.inputShape),
      zeros(samples, model.targetShape),
      new Uint32Array(samples),
      0,
    );
  const scored = passSamples(unitSamples, passes);
  const unit = passesOfUnit(unitSamples, passes).map(({ count }) => count);
  const pass = () =>
    tf.tidy(() => {
      for (const samples of new Set(unit)) train(samples);
      model.score(zeros(scored, model.inputShape), zeros(scored, model.targetShape), tf.zeros([scored]));
    });
  report({ stage: 'kernels', done: 0, total: 1 });
  await backend.verify(async () => {
    await backend.compile(pass, (done, total) => report({ stage: 'kernels', done, total: total + 1 }));
    const { params, state } = engine.shape;
    engine.setParams(new Float32Array(params), new Float32Array(state));
    const fold = backend.fold(contributionLength(engine.shape));
    for (const samples of [...unit, ...unit]) {
      let added: Promise<void> | undefined;
      tf.tidy(() => {
        added = fold.add(train(samples));
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

function asRefusal(thrown: unknown): EngineError {
  return thrown instanceof EngineError
    ? thrown
    : new EngineError('backend', messageOf(thrown), { cause: thrown });
}
