/**
 * Float addition is not associative, so the order of a sum is part of its definition. The units of a round
 * are the leaves of one fixed binary tree whose shape depends on their number alone; whoever computes which
 * leaves, the same pairs are merged in the same order and the bytes of the root are the same.
 *
 * `merge` has one meaning in TypeScript, WASM and WGSL. GPUs may flush subnormals and may lose the sign of
 * zero, so both are taken out of the definition: a vector is *canonical* when it holds neither, every leaf is made
 * canonical before it is merged, and `merge` maps canonical vectors to a canonical vector. A sum starts at a leaf and
 * never at zeros, and a missing sibling passes through.
 */

import { assert } from './assert.ts';
import { canonical } from './canonical.ts';
import { type Block, blockOf, parentOf, siblingOf } from './work-unit.ts';

/** left ← canonical(left + right), element by element, both canonical. The sum lives in `left`; `right` is only read. */
export function merge(left: Float32Array, right: Float32Array): Float32Array {
  assert(left.length === right.length, 'reduction.merge', 'two vectors of different length cannot be merged');
  for (let i = 0; i < left.length; i++) left[i] = canonical(Math.fround(left[i]! + right[i]!));
  return left;
}

/** The partial sums of one round, folded as far up the tree as the blocks that are in allow. */
export interface Reduction {
  /** Takes ownership of `vector`, the canonical sum over `block`, and folds it up as far as its siblings are in. */
  add(block: Block, vector: Float32Array): void;
  /** The blocks whose partial sums wait for a sibling. */
  heldBlocks(): readonly Block[];
  /** Partial sums held now. */
  readonly held: number;
  /** The most partial sums that were ever held at once. */
  readonly heldPeak: number;
  /** The sum over all units, once every one is in; it goes on belonging to the reduction. */
  readonly root: Float32Array | undefined;
}

/** An empty tree over `units` leaves. */
export function createReduction(units: number): Reduction {
  const top = blockOf(units);
  const partials = new Map<string, { readonly block: Block; readonly sum: Float32Array }>();
  const key = (block: Block) => `${block.level}/${block.index}`;
  let heldPeak = 0;
  return {
    add(block, vector) {
      assert(!partials.has(key(block)), 'reduction.add', `block ${key(block)} is already in`);
      let node = block;
      let sum = vector;
      while (node.level < top.level) {
        const sibling = siblingOf(node, units);
        if (sibling !== undefined) {
          const other = partials.get(key(sibling));
          if (other === undefined) break;
          partials.delete(key(sibling));
          sum = sibling.index < node.index ? merge(other.sum, sum) : merge(sum, other.sum);
        }
        node = parentOf(node);
      }
      partials.set(key(node), { block: node, sum });
      heldPeak = Math.max(heldPeak, partials.size);
    },
    heldBlocks: () => [...partials.values()].map(({ block }) => block),
    get held() {
      return partials.size;
    },
    get heldPeak() {
      return heldPeak;
    },
    get root() {
      return partials.get(key(top))?.sum;
    },
  };
}
