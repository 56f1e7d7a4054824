/** Brings a program to a device, and trains a unit of zeros as proof that it can be trained there. */

import type { DeviceModel } from './device-model.ts';
import type { Engine, ModelProgram, Preparation } from './engine.ts';
import type { EngineName, Probe } from './engine-choice.ts';
import { EngineError } from './engine-error.ts';
import { createModelEngine } from './model-engine.ts';
import { passesOfUnit } from './unit-passes.ts';

export interface Preparing {
  readonly name: EngineName;
  readonly program: ModelProgram;
  readonly probe: Probe & { usable: true };
  /** In how many passes a unit is computed. */
  readonly passes: number;
  /** URL of the folder with TF.js's .wasm files. */
  readonly wasmBase: string | undefined;
  readonly report: (preparation: Preparation) => void;
  readonly onDispose: () => void;
}

/** Builds the model on the device; throws an `EngineError` and leaves nothing behind where it cannot. */
export type StartModel = (preparing: Preparing) => Promise<DeviceModel>;

/**
 * An engine that has proved that it can train the program on the probed backend. Throws an `EngineError` of kind
 * 'model' where no backend could, of kind 'backend' where another one may, of kind 'memory' where smaller passes may;
 * nothing is left behind then.
 */
export async function prepareEngine(start: StartModel, preparing: Preparing): Promise<Engine> {
  const { passes, onDispose } = preparing;
  const model = await start(preparing);
  try {
    if (passes > 1) requireSeparable(model);
    const engine = createModelEngine(preparing, passes, model, onDispose);
    await rehearse(preparing, model, engine);
    return engine;
  } catch (thrown) {
    const refusal = thrown instanceof EngineError ? thrown : model.explain(thrown);
    model.dispose();
    throw refusal;
  }
}

/** The statistics of half a unit are not those of the unit: such a model is refused, and not given another meaning. */
function requireSeparable({ mixer }: DeviceModel): void {
  if (mixer === undefined) return;
  throw new EngineError(
    'backend',
    `A unit does not fit into the memory of this device, and the layer '${mixer}' needs all of its samples at once.`,
  );
}

/** Two units of zeros: first only compiled, with progress, then computed, folded and read. */
async function rehearse(
  { program, passes, report }: Preparing,
  model: DeviceModel,
  engine: Engine,
): Promise<void> {
  const unit = passesOfUnit(program.unitSamples, passes).map(({ count }) => count);
  report({ stage: 'kernels', done: 0, total: 1 });
  await model.verify(async () => {
    const sizes = [...new Set(unit)];
    await model.compile(sizes, (done, total) => report({ stage: 'kernels', done, total: total + 1 }));
    const { params, state } = engine.shape;
    engine.setParams(new Float32Array(params), new Float32Array(state));
    const fold = model.fold();
    for (const samples of [...unit, ...unit]) await fold.add(zeros(model, samples), 0);
    await fold.take();
  });
  report({ stage: 'kernels', done: 1, total: 1 });
}

function zeros({ inputShape, targetShape }: DeviceModel, samples: number) {
  const size = (shape: readonly number[]) =>
    shape.reduce((product, dimension) => product * dimension, samples);
  return {
    inputs: new Float32Array(size(inputShape)),
    targets: new Float32Array(size(targetShape)),
    ids: new Uint32Array(samples),
  };
}
