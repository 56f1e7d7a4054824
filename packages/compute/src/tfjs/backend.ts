/**
 * What an engine needs from a place that computes, beyond tensor operations: to write weights, to fold the parts of
 * units without reading each, and to know when it is gone. `webgpu-backend` does it in raw device buffers,
 * `plain-backend` by reading every unit once and folding here.
 */

import type { ContributionShape, DeviceClass, Encoded, ParamLayout } from '@manyhands/core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { DeviceVector } from '../device-vector.ts';
import type { Encoding } from '../engine.ts';
import type { UnitFold } from '../unit-fold.ts';

export interface Backend {
  readonly device: DeviceClass;

  /** Compiles all programs that `pass` runs, as far as this can be done ahead; the pass itself yields nothing. */
  compile(pass: () => void, onProgress: (done: number, total: number) => void): Promise<void>;

  /**
   * Runs what it is given and answers with its result, unless there was a fault that the backend reports only later.
   * One run at a time.
   */
  verify<T>(run: () => Promise<T>): Promise<T>;

  /** Writes each variable from its place in `vector`, which is only read. Takes effect for what is issued after it. */
  write(variables: readonly Variable[], layout: ParamLayout, vector: Float32Array): void;

  /**
   * An empty fold of contributions of this shape; their sum is in canonical form, and the caller's own. Parts are the caller's: they are
   * used before `add` returns, though its promise may resolve later.
   */
  fold(shape: ContributionShape): UnitFold<Tensor, Float32Array>;

  /** The same, but the sum is encoded before it is read. Undefined where this backend has no kernels for that. */
  readonly encodedFold:
    | ((shape: ContributionShape, encoding: Encoding) => UnitFold<Tensor, Encoded<DeviceVector>>)
    | undefined;

  /** Resolves with the reason when the device is gone. */
  readonly lost: Promise<string>;

  dispose(): void;
}
