/**
 * A work unit is the smallest piece of a batch that can be given out again: a fixed run of samples. A block is
 * an aligned subtree of the round's reduction tree, 2^level units starting at index × 2^level, as a buddy
 * allocator hands out memory; it is what one lease claims and one contribution answers. In a batch whose number
 * of units is no power of two the last block of a level is cut short.
 */

export interface Block {
  readonly level: number;
  readonly index: number;
}

/** The units of a block: `count` of them from `first` on. */
export interface UnitRun {
  readonly first: number;
  readonly count: number;
}

/** The smallest block that covers all units: the root of the tree. */
export function blockOf(units: number): Block {
  return { level: levelOf(units), index: 0 };
}

/** Of the smallest block that has so many units. */
export function levelOf(units: number): number {
  return Math.ceil(Math.log2(Math.max(1, units)));
}

/** Of the largest block of no more than so many units. */
export function levelWithin(units: number): number {
  return units < 1 ? 0 : Math.floor(Math.log2(units));
}

/** Which of the round's `units` lie in this block; a count of 0 says that none does. */
export function unitsOf(block: Block, units: number): UnitRun {
  const first = block.index * 2 ** block.level;
  const end = Math.min(units, first + 2 ** block.level);
  return { first, count: Math.max(0, end - first) };
}

export function parentOf(block: Block): Block {
  return { level: block.level + 1, index: block.index >>> 1 };
}

/** The other child of this block's parent, or undefined where the tree has no units there. */
export function siblingOf(block: Block, units: number): Block | undefined {
  const sibling = { level: block.level, index: block.index ^ 1 };
  return unitsOf(sibling, units).count === 0 ? undefined : sibling;
}

export function sameBlock(a: Block, b: Block): boolean {
  return a.level === b.level && a.index === b.index;
}
