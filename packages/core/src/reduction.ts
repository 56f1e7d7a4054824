/**
 * Float addition is not associative, so the order of a sum is part of its definition. The units of a round
 * are the leaves of one fixed binary tree whose shape depends on their number alone; whoever computes which
 * leaves, the same pairs are merged in the same order and the bytes of the root are the same.
 *
 * `merge` has one meaning in TypeScript, WASM and WGSL. GPUs may flush subnormals and may lose the sign of
 * zero, so both are taken out of the definition: an element with |x| < 2⁻¹²⁶, and −0, becomes +0, in the
 * inputs and in the result.
 */

import { assert } from './assert.ts';
import { type Block, blockOf, parentOf, siblingOf } from './work-unit.ts';

/** The smallest normal float32, 2⁻¹²⁶. */
const SMALLEST_NORMAL = 1.1754943508222875e-38;

/** Rewrites a vector in place to its canonical form: subnormals and −0 become +0. */
export function canonicalize(vector: Float32Array): Float32Array {
  for (let i = 0; i < vector.length; i++) vector[i] = canonical(vector[i]!);
  return vector;
}

/**
 * left ← left + right, element by element, in canonical form. The result lives in `left`; `right` is only read.
 */
export function merge(left: Float32Array, right: Float32Array): Float32Array {
  assert(left.length === right.length, 'reduction.merge', 'two vectors of different length cannot be merged');
  for (let i = 0; i < left.length; i++) {
    left[i] = canonical(Math.fround(canonical(left[i]!) + canonical(right[i]!)));
  }
  return left;
}

function canonical(x: number): number {
  // A NaN fails the comparison and passes through: whoever admits a vector has refused NaN before.
  return x < SMALLEST_NORMAL && x > -SMALLEST_NORMAL ? 0 : x;
}

/** The partial sums of one round, folded as far up the tree as the blocks that are in allow. */
export interface Reduction {
  /** Takes ownership of `vector`, the sum over `block`, and folds it up as far as its siblings are in. */
  add(block: Block, vector: Float32Array): void;
  /** True when the partial sum of exactly this block is held, waiting for its sibling. */
  holds(block: Block): boolean;
  /** Partial sums held now. */
  readonly held: number;
  /** The most partial sums that were ever held at once. */
  readonly heldPeak: number;
  /** The sum over all units, once every one is in. */
  readonly root: Float32Array | undefined;
}

/** An empty tree over `units` leaves. */
export function createReduction(units: number): Reduction {
  const top = blockOf(units);
  const partial = new Map<string, Float32Array>();
  const key = (block: Block) => `${block.level}/${block.index}`;
  let heldPeak = 0;
  return {
    add(block, vector) {
      assert(!partial.has(key(block)), 'reduction.add', `block ${key(block)} is already in`);
      let node = block;
      let sum = vector;
      while (node.level < top.level) {
        const sibling = siblingOf(node, units);
        if (sibling !== undefined) {
          const other = partial.get(key(sibling));
          if (other === undefined) break;
          partial.delete(key(sibling));
          sum = sibling.index < node.index ? merge(other, sum) : merge(sum, other);
        }
        node = parentOf(node);
      }
      partial.set(key(node), sum);
      heldPeak = Math.max(heldPeak, partial.size);
    },
    holds: (block) => partial.has(key(block)),
    get held() {
      return partial.size;
    },
    get heldPeak() {
      return heldPeak;
    },
    get root() {
      return partial.get(key(top));
    },
  };
}
