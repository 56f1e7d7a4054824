import { assert } from './assert.ts';
import { canonical } from './canonical.ts';

/**
 * left ← canonical(left + right), element by element, both canonical. The sum lives in `left`; `right` is only read.
 * One meaning in TypeScript, WASM and WGSL.
 */
export function merge(left: Float32Array, right: Float32Array): Float32Array {
  assert(left.length === right.length, 'merge', 'two vectors of different length cannot be merged');
  for (let i = 0; i < left.length; i++) left[i] = canonical(Math.fround(left[i]! + right[i]!));
  return left;
}

/**
 * As `merge`, for a vector that a stranger sent: `newcomer` is made canonical on the way and holds the sum afterwards.
 * False when it held NaN or infinity; `held` is only read, so nothing is lost by then but the newcomer.
 */
export function mergeNewcomer(newcomer: Float32Array, held: Float32Array): boolean {
  let fault = 0;
  for (let i = 0; i < newcomer.length; i++) {
    const x = newcomer[i]!;
    newcomer[i] = canonical(Math.fround(canonical(x) + held[i]!));
    fault += x - x;
  }
  return fault === 0;
}
