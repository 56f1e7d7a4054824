/**
 * Where jax-js computes. Its devices are one set a realm and cannot be made anew: a device that is lost is lost for as long as
 * the realm lives, which is why an engine has a worker of its own.
 */

import { defaultDevice, init } from '@jax-js/jax';
import type { Encoded, OptimizerSpec } from '@manyhands/core';
import type { Descent } from '../device-model.ts';
import type { DeviceVector } from '../device-vector.ts';
import type { Encoding } from '../engine.ts';
import { EngineError } from '../engine-error.ts';
import type { UnitFold } from '../unit-fold.ts';
import type { JaxRun, Shape } from './traced-pass.ts';

export interface JaxDevice<Part> {
  /** Writes the weights of all passes. Both are only read, and free to change afterwards. */
  write(params: Float32Array, state: Float32Array): void;
  /** Compiles a pass over the weights and arrays of these shapes. */
  prepare(
    run: JaxRun,
    given: readonly Shape[],
    onProgress: (done: number, total: number) => void,
  ): Promise<JaxPass<Part>>;
  /** An empty fold of contributions; their sum is in canonical form, and the caller's own. */
  fold(): UnitFold<Part, Float32Array>;
  /** The same, but the sum is encoded before it is read. Undefined where this computes on no GPU. */
  readonly encodedFold: ((encoding: Encoding) => UnitFold<Part, Encoded<DeviceVector>>) | undefined;
  /** Training by itself; undefined where this computes on no GPU, or has no kernels for the optimizer. */
  readonly descent: ((optimizer: OptimizerSpec) => JaxDescent<Part> | undefined) | undefined;
  read(part: Part): Promise<Float32Array>;
  verify<T>(run: () => Promise<T>): Promise<T>;
  readonly lost: Promise<string>;
  dispose(): void;
}

export type JaxDescent<Part> = Omit<Descent, 'fold'> & {
  fold(...asked: Parameters<Descent['fold']>): UnitFold<Part, void>;
};

/** Issues the pass. Each of its parts is handed to a fold or to `read`, at once and before any pass is issued again. */
export type JaxPass<Part> = (given: readonly Float32Array[]) => readonly Part[];

/** Makes the backend the one on which this realm computes. */
export async function startBackend(backend: 'webgpu' | 'wasm'): Promise<void> {
  const available = await init(backend);
  if (!available.includes(backend)) throw new EngineError('backend', `jax-js did not start on ${backend}.`);
  defaultDevice(backend);
}
