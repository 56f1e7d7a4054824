/**
 * Which units of a round nobody has yet, as a buddy allocator: a perfect binary tree in an array, where every node
 * knows the level of the largest wholly free block below it. Taking, giving back and finding are O(log units).
 * In a number of units that is no power of two the leaves past the end are absent: never given out, and no obstacle to
 * a block that reaches over them.
 */

import { assert } from './assert.ts';
import { type Block, blockOf, unitsOf } from './work-unit.ts';

export interface FreeBlocks {
  /** Takes the leftmost of the largest free blocks that are no larger than `levelMax`. */
  take(levelMax: number): Block | undefined;
  /** Takes this very block, when it is wholly free. */
  takeThis(block: Block): boolean;
  /** Gives back a block that was taken. */
  give(block: Block): void;
  /** Units that are free. */
  readonly units: number;
}

const NONE = -1;

/** All of `units` units free. */
export function createFreeBlocks(units: number): FreeBlocks {
  const top = blockOf(units).level;
  // Node 1 is the root; the children of n are 2n and 2n + 1.
  const largest = new Int8Array(2 ** (top + 1)).fill(NONE);
  let free = 0;
  if (units > 0) {
    build(1);
    free = units;
  }

  function blockAt(node: number): Block {
    const depth = 31 - Math.clz32(node);
    return { level: top - depth, index: node - 2 ** depth };
  }

  function nodeOf(block: Block): number {
    return 2 ** (top - block.level) + block.index;
  }

  function isPresent(node: number): boolean {
    return unitsOf(blockAt(node), units).count > 0;
  }

  function build(node: number): void {
    const { level } = blockAt(node);
    if (!isPresent(node)) return;
    if (level > 0) {
      build(2 * node);
      build(2 * node + 1);
    }
    largest[node] = level;
  }

  function refreshAbove(node: number): void {
    for (let parent = node >>> 1; parent >= 1; parent >>>= 1) {
      const left = largest[2 * parent]!;
      const right = largest[2 * parent + 1]!;
      const { level } = blockAt(parent);
      const whole = left === level - 1 && (right === level - 1 || !isPresent(2 * parent + 1));
      largest[parent] = whole ? level : Math.max(left, right);
    }
  }

  function claim(node: number): Block {
    const block = blockAt(node);
    largest[node] = NONE;
    free -= unitsOf(block, units).count;
    refreshAbove(node);
    return block;
  }

  return {
    take(levelMax) {
      const level = Math.min(levelMax, largest[1]!);
      if (level < 0) return undefined;
      let node = 1;
      while (blockAt(node).level > level) {
        node = largest[2 * node]! >= level ? 2 * node : 2 * node + 1;
      }
      return claim(node);
    },
    takeThis(block) {
      const node = nodeOf(block);
      // Below a taken block the array is out of date, so what stands there counts only where nothing above is taken.
      for (let above = node >>> 1; above >= 1; above >>>= 1) if (largest[above] === NONE) return false;
      if (largest[node] !== block.level) return false;
      claim(node);
      return true;
    },
    give(block) {
      const node = nodeOf(block);
      assert(largest[node] === NONE, 'free-blocks.give', 'a block was given back that was not taken');
      largest[node] = block.level;
      free += unitsOf(block, units).count;
      refreshAbove(node);
    },
    get units() {
      return free;
    },
  };
}
