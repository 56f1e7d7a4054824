import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Block, blockOf, canonicalize, createReduction, unitsOf } from '../src/index.ts';
import { fold } from './reference.ts';

/** So large that a sum loses digits, and not so large that all of them together overflow. */
const LARGE = Math.fround(1e36);

const leaf = fc
  .float32Array({ minLength: 3, maxLength: 3, noNaN: true, min: -LARGE, max: LARGE })
  .map((vector) => {
    canonicalize(vector);
    return vector;
  });

/** The leaves of some units, and one way to cut them into blocks that come in one order. */
const scene = fc.array(leaf, { minLength: 1, maxLength: 33 }).chain((leaves) =>
  fc.record({
    leaves: fc.constant(leaves),
    blocks: blocksBelow(blockOf(leaves.length), leaves.length).chain((blocks) =>
      fc.shuffledSubarray(blocks, { minLength: blocks.length }),
    ),
  }),
);

test('[RD6] any grouping into blocks, in any order, gives the bytes of the plain fold', () => {
  fc.assert(
    fc.property(scene, ({ leaves, blocks }) => {
      const tree = createReduction(leaves.length);
      blocks.forEach((block, i) => {
        expect(tree.root).toBe(undefined);
        const { first, count } = unitsOf(block, leaves.length);
        tree.add(block, fold(leaves.slice(first, first + count)));
        expect(tree.held).toBeLessThanOrEqual(i + 1);
      });
      expect(bitsOf(tree.root!)).toEqual(bitsOf(fold(leaves)));
      expect(tree.held).toBe(1);
    }),
  );
});

/** Cuts a block into aligned blocks, here or further down. */
function blocksBelow(block: Block, units: number): fc.Arbitrary<Block[]> {
  if (unitsOf(block, units).count === 0) return fc.constant([]);
  if (block.level === 0) return fc.constant([block]);
  const halves = [0, 1].map((half) => ({ level: block.level - 1, index: 2 * block.index + half }));
  return fc
    .boolean()
    .chain((whole) =>
      whole
        ? fc.constant([block])
        : fc.tuple(...halves.map((half) => blocksBelow(half, units))).map((cut) => cut.flat()),
    );
}

function bitsOf(vector: Float32Array): number[] {
  return [...new Uint32Array(vector.slice().buffer)];
}
