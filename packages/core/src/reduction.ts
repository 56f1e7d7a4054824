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
import { type Loops, plainLoops } from './loops.ts';
import { type Block, blockOf, parentOf, siblingOf } from './work-unit.ts';

/** The partial sums of one round, folded as far up the tree as the blocks that are in allow. */
export interface Reduction {
  /**
   * Takes ownership of `vector`, the sum over `block`, makes it canonical and folds it up as far as its siblings are in.
   * False, and nothing but the vector has changed, when it holds NaN or infinity. A million numbers do not fit a
   * processor's cache, so looking at them, making them canonical and adding them is one pass and not three.
   */
  add(block: Block, vector: Float32Array): boolean;
  /** The blocks whose partial sums wait for a sibling. */
  heldBlocks(): readonly Block[];
  /** Partial sums held now. */
  readonly held: number;
  /** The most partial sums that were ever held at once. */
  readonly heldPeak: number;
  /** The sum over all units, once every one is in; it goes on belonging to the reduction. */
  readonly root: Float32Array | undefined;
  /** Gives back what is still held, the root too: its round is over. */
  close(): void;
}

/** Hears of a vector that nobody needs any more: its memory may be used again. */
export type Spare = (vector: Float32Array) => void;

/** An empty tree over `units` leaves; `spare` hears of every vector that was added, once. */
export function createReduction(
  units: number,
  spare: Spare = () => {},
  loops: Loops = plainLoops,
): Reduction {
  const top = blockOf(units);
  const partials = new Map<string, { readonly block: Block; readonly sum: Float32Array }>();
  const key = (block: Block) => `${block.level}/${block.index}`;
  let heldPeak = 0;

  /** What this block's sum waits for: its sibling, or that of the first ancestor that has one. */
  function awaited(block: Block): Awaited {
    let node = block;
    while (node.level < top.level) {
      const sibling = siblingOf(node, units);
      if (sibling !== undefined) return { node, sibling, sum: partials.get(key(sibling))?.sum };
      node = parentOf(node);
    }
    return { node, sibling: undefined, sum: undefined };
  }

  return {
    add(block, vector) {
      assert(!partials.has(key(block)), 'reduction.add', `block ${key(block)} is already in`);
      let next = awaited(block);
      const admitted =
        next.sum === undefined ? loops.canonicalize(vector) : loops.mergeNewcomer(vector, next.sum);
      if (!admitted) return false;
      while (next.sum !== undefined) {
        partials.delete(key(next.sibling!));
        spare(next.sum);
        next = awaited(parentOf(next.node));
        if (next.sum !== undefined) loops.merge(vector, next.sum);
      }
      partials.set(key(next.node), { block: next.node, sum: vector });
      heldPeak = Math.max(heldPeak, partials.size);
      return true;
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
    close() {
      for (const { sum } of partials.values()) spare(sum);
      partials.clear();
    },
  };
}

interface Awaited {
  /** The block, or the ancestor up to which nothing stood beside it. */
  readonly node: Block;
  readonly sibling: Block | undefined;
  /** The sibling's sum, when it is in. */
  readonly sum: Float32Array | undefined;
}
