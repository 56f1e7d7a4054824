/**
 * Opens an engine for a model: finds the fastest that can train it, builds it there, compiles its kernels and
 * trains one unit of zeros. What passes that will train; what does not is refused here, by name, and not in the middle
 * of a round.
 */

import type { Engine, ModelProgram, Preparation } from './engine.ts';
import {
  type EngineChoice,
  type EngineName,
  enginesHere,
  type PassedOver,
  type Probe,
  probeEngine,
} from './engine-choice.ts';
import { EngineError, messageOf } from './engine-error.ts';
import type { EngineSpeed } from './engine-speed.ts';
import { withPatience } from './patience.ts';
import { prepareEngine, type StartModel } from './prepare-engine.ts';
import { morePasses } from './unit-passes.ts';

export interface OpenOptions {
  /** Only this engine; without it the fastest that can train the model. */
  readonly only?: EngineName;
  /** Hears how far preparation is; the first gradient on a GPU is seconds of shader compilation. */
  readonly onPreparation?: (preparation: Preparation) => void;
  /** URL of the folder with TF.js's .wasm files, ending in a slash; without it wasm is passed over. */
  readonly wasmBase?: string;
  /** What this device taught those who opened engines on it before. */
  readonly experience?: Experience;
  /** What is known of how fast engines are; of two that speak of the same the later counts. */
  readonly speeds?: readonly EngineSpeed[];
}

export interface Experience {
  /** In how many passes a unit is taken at least, where fewer did not fit; powers of two. */
  readonly passes: Readonly<Partial<Record<EngineName, number>>>;
  /** Engines that are not tried again. */
  readonly without: readonly PassedOver[];
}

export interface OpenedEngine {
  readonly engine: Engine;
  /** What runs and why nothing faster does. */
  readonly choice: EngineChoice;
}

/** A tensor library is one global a realm, so one engine lives at a time. */
let living = false;

/**
 * Opens the one engine of this worker; dispose it before opening the next. The tensor library is loaded now, with the
 * chosen backend only. Throws an `EngineError` whose sentence names the layer that cannot be trained, or says why no
 * engine could be used.
 */
export async function openEngine(program: ModelProgram, options: OpenOptions = {}): Promise<OpenedEngine> {
  if (living) throw new EngineError('closed', 'An engine is already open in this worker: dispose it first.');
  living = true;
  try {
    return await openFastest(program, options);
  } catch (thrown) {
    living = false;
    throw thrown;
  }
}

async function openFastest(program: ModelProgram, options: OpenOptions): Promise<OpenedEngine> {
  const report = options.onPreparation ?? (() => {});
  const { passes = {}, without = [] } = options.experience ?? {};
  const { only } = options;
  const here = await enginesHere(options.speeds);
  const passedOver: PassedOver[] = only === undefined ? [...without, ...here.passedOver] : [...without];
  const failed = new Set(without.map(({ engine }) => engine));
  const passOver = (engine: EngineName, why: string) => {
    failed.add(engine);
    passedOver.push({ engine, why });
  };
  for (const name of only === undefined ? here.order : [only]) {
    if (failed.has(name)) continue;
    report({ stage: 'device', done: 0, total: 1 });
    const probe = await probeEngine(name);
    if (!probe.usable) {
      passOver(name, probe.why);
      continue;
    }
    if (name === 'tfjs-wasm' && options.wasmBase === undefined && only === undefined) {
      passOver(name, 'The WASM backend was not offered by this site.');
      continue;
    }
    try {
      const engine = await openFitting(name, program, probe, passes[name] ?? 1, options);
      const choice: EngineChoice = {
        device: engine.device,
        software: probe.software,
        passedOver: passedOver.filter((other) => other.engine !== name),
        adapter: here.adapter,
        setting: here.setting,
        others: here.usable.filter((other) => other !== name && !failed.has(other)),
      };
      return { engine, choice };
    } catch (thrown) {
      if (thrown instanceof EngineError && thrown.kind === 'model') throw thrown;
      passOver(name, messageOf(thrown));
    }
  }
  throw new EngineError('backend', [...new Set(passedOver.map(({ why }) => why))].join(' '));
}

/** Takes a unit in twice as many passes for as long as it does not fit. */
async function openFitting(
  name: EngineName,
  program: ModelProgram,
  probe: Probe & { usable: true },
  passes: number,
  options: OpenOptions,
): Promise<Engine> {
  const start = await loadLibrary(name);
  const { wasmBase, onPreparation: report = () => {} } = options;
  const onDispose = () => {
    living = false;
  };
  if (passes > program.unitSamples) {
    throw new EngineError('memory', 'Not even one sample fits into the memory of this device.');
  }
  for (let count = passes; ; ) {
    try {
      let isAbandoned = false;
      return await withPatience(
        name,
        (heard) =>
          prepareEngine(start, {
            ...{ name, program, probe, passes: count, wasmBase, report: heard },
            onDispose: () => {
              if (!isAbandoned) onDispose();
            },
          }),
        report,
      ).catch((thrown) => {
        isAbandoned = true;
        throw thrown;
      });
    } catch (thrown) {
      const more = morePasses(program.unitSamples, count);
      if (!(thrown instanceof EngineError) || thrown.kind !== 'memory' || more === undefined) throw thrown;
      count = more;
    }
  }
}

/** Loaded on demand: whoever computes with one never downloads the other. */
async function loadLibrary(name: EngineName): Promise<StartModel> {
  if (name === 'jax-webgpu' || name === 'jax-wasm')
    return (await import('./jax/jax-device-model.ts')).startJaxModel;
  return (await import('./tfjs/tfjs-model.ts')).startTfjsModel;
}
