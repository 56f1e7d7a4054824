/**
 * Opens an engine for a model: finds the fastest backend that can train it, builds it there, compiles its kernels and
 * trains one unit of zeros. What passes that will train; what does not is refused here, by name, and not in the middle
 * of a round.
 */

import {
  BACKEND_ORDER,
  type BackendChoice,
  type BackendName,
  type PassedOver,
  type Probe,
  probeBackend,
} from './backend-choice.ts';
import type { Engine, ModelProgram, Preparation } from './engine.ts';
import { EngineError, messageOf } from './engine-error.ts';
import { morePasses } from './unit-passes.ts';

export interface OpenOptions {
  /** Only this backend; without it the fastest that can train the model. */
  readonly backend?: BackendName;
  /** Hears how far preparation is; the first gradient on a GPU is seconds of shader compilation. */
  readonly onPreparation?: (preparation: Preparation) => void;
  /** URL of the folder with TF.js's .wasm files, ending in a slash; without it wasm is passed over. */
  readonly wasmBase?: string;
  /** What this device taught those who opened engines on it before. */
  readonly experience?: Experience;
}

export interface Experience {
  /** In how many passes a unit is taken at least, where fewer did not fit; powers of two. */
  readonly passes: Readonly<Partial<Record<BackendName, number>>>;
  /** Backends that are not tried again. */
  readonly without: readonly PassedOver[];
}

export interface OpenedEngine {
  readonly engine: Engine;
  /** What runs and why nothing faster does. */
  readonly choice: BackendChoice;
}

/** TF.js is one global per worker, so one engine lives at a time. */
let living = false;

/**
 * Opens the one engine of this worker; dispose it before opening the next. The tensor library is loaded now, with the
 * chosen backend only. Throws an `EngineError` whose sentence names the layer that cannot be trained, or says why no
 * backend could be used.
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
  const passedOver: PassedOver[] = [...without];
  for (const backend of options.backend === undefined ? BACKEND_ORDER : [options.backend]) {
    if (without.some((known) => known.backend === backend)) continue;
    report({ stage: 'device', done: 0, total: 1 });
    const probe = await probeBackend(backend);
    if (!probe.usable) {
      passedOver.push({ backend, why: probe.why });
      continue;
    }
    if (backend === 'wasm' && options.wasmBase === undefined && options.backend === undefined) {
      passedOver.push({ backend, why: 'The WASM backend was not offered by this site.' });
      continue;
    }
    try {
      const engine = await openFitting(program, probe, passes[backend] ?? 1, options);
      return { engine, choice: { device: engine.device, software: probe.software, passedOver } };
    } catch (thrown) {
      if (thrown instanceof EngineError && thrown.kind === 'model') throw thrown;
      passedOver.push({ backend, why: messageOf(thrown) });
    }
  }
  throw new EngineError('backend', passedOver.map(({ why }) => why).join(' '));
}

/** Takes a unit in twice as many passes for as long as it does not fit. */
async function openFitting(
  program: ModelProgram,
  probe: Probe & { usable: true },
  passes: number,
  options: OpenOptions,
): Promise<Engine> {
  const { prepareEngine } = await import('./tfjs/prepare-engine.ts');
  const { wasmBase, onPreparation: report = () => {} } = options;
  const onDispose = () => {
    living = false;
  };
  if (passes > program.unitSamples) {
    throw new EngineError('memory', 'Not even one sample fits into the memory of this device.');
  }
  for (let count = passes; ; ) {
    try {
      return await prepareEngine({ program, probe, passes: count, wasmBase, report, onDispose });
    } catch (thrown) {
      const more = morePasses(program.unitSamples, count);
      if (!(thrown instanceof EngineError) || thrown.kind !== 'memory' || more === undefined) throw thrown;
      count = more;
    }
  }
}
