/**
 * The loops over whole vectors in which a server spends its time. The plain ones are the definition: beside each formula
 * stands the loop that computes it. Others may be faster and must give the same bytes (rules LP1 to LP3), so which of
 * them run is the shell's choice, no result depends on it, and a checkpoint of one goes on under the other.
 *
 * Faster ones see only memory of their own (docs/decisions/0018). `room` is a piece of it for one vector; what lies
 * elsewhere they compute too, as the plain ones do.
 */

import { canonicalize } from './canonical.ts';
import { float16 } from './codec/float16.ts';
import { int8 } from './codec/int8.ts';
import type { Writing } from './codec/lossy.ts';
import { merge, mergeNewcomer } from './merge.ts';
import { type AdamStep, adam } from './optimizer/adam.ts';
import { descend } from './optimizer/descent.ts';
import { accumulate, type MomentumConstants } from './optimizer/momentum.ts';
import { decay } from './optimizer/weight-decay.ts';

export interface Loops {
  /**
   * Memory for a vector of so many elements, with anything in it, where these loops are fastest; whoever takes it gives
   * it back to `free`. Undefined where there is none left, or where one place is as good as another.
   */
  room(length: number): Float32Array | undefined;
  /** Takes back what `room` gave; false, and nothing happens, for a vector that lies elsewhere. */
  free(vector: Float32Array): boolean;
  canonicalize(vector: Float32Array): boolean;
  merge(left: Float32Array, right: Float32Array): void;
  mergeNewcomer(newcomer: Float32Array, held: Float32Array): boolean;
  readonly readFloat16: Writing['read'];
  readonly readInt8: Writing['read'];
  adam(updates: Float32Array, m: Float32Array, v: Float32Array, step: AdamStep): void;
  accumulate(updates: Float32Array, b: Float32Array, constants: MomentumConstants): void;
  decay(updates: Float32Array, params: Float32Array, weightDecay: number): void;
  descend(params: Float32Array, direction: Float32Array, rate: number): void;
}

export const plainLoops: Loops = {
  room: () => undefined,
  free: () => false,
  canonicalize,
  merge,
  mergeNewcomer,
  readFloat16: float16.read,
  readInt8: int8.read,
  adam,
  accumulate,
  decay,
  descend,
};
