import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFreeBlocks } from '../src/free-blocks.ts';
import { type Block, blockOf, unitsOf } from '../src/index.ts';

/** The same as a set of free units, searched from one end to the other. */
class NaiveBlocks {
  readonly #units: number;
  readonly #free: Set<number>;

  constructor(units: number) {
    this.#units = units;
    this.#free = new Set(Array.from({ length: units }, (_, i) => i));
  }

  get units(): number {
    return this.#free.size;
  }

  take(levelMax: number): Block | undefined {
    for (let level = Math.min(levelMax, blockOf(this.#units).level); level >= 0; level--) {
      for (let index = 0; index * 2 ** level < this.#units; index++) {
        if (this.takeThis({ level, index })) return { level, index };
      }
    }
    return undefined;
  }

  takeThis(block: Block): boolean {
    const units = this.#unitsOf(block);
    if (!units.every((unit) => this.#free.has(unit))) return false;
    for (const unit of units) this.#free.delete(unit);
    return true;
  }

  give(block: Block): void {
    for (const unit of this.#unitsOf(block)) this.#free.add(unit);
  }

  #unitsOf(block: Block): number[] {
    const { first, count } = unitsOf(block, this.#units);
    return Array.from({ length: count }, (_, i) => first + i);
  }
}

const act = fc.oneof(
  fc.record({ kind: fc.constant('take' as const), level: fc.nat(6) }),
  fc.record({ kind: fc.constant('take-this' as const), level: fc.nat(6), place: fc.nat() }),
  fc.record({ kind: fc.constant('give' as const), place: fc.nat() }),
);

test('[FB6] whatever is taken and given back, the tree answers as a search from one end to the other does', () => {
  fc.assert(
    fc.property(fc.nat(40), fc.array(act, { maxLength: 80 }), (units, acts) => {
      const tree = createFreeBlocks(units);
      const naive = new NaiveBlocks(units);
      const taken: Block[] = [];
      for (const next of acts) {
        if (next.kind === 'take') {
          const block = tree.take(next.level);
          expect(block).toEqual(naive.take(next.level));
          if (block !== undefined) taken.push(block);
        } else if (next.kind === 'give') {
          if (taken.length === 0) continue;
          const [block] = taken.splice(next.place % taken.length, 1);
          tree.give(block!);
          naive.give(block!);
        } else {
          const blocks = Math.ceil(units / 2 ** next.level);
          if (blocks === 0 || next.level > blockOf(units).level) continue;
          const block = { level: next.level, index: next.place % blocks };
          const got = tree.takeThis(block);
          expect(got).toBe(naive.takeThis(block));
          if (got) taken.push(block);
        }
        expect(tree.units).toBe(naive.units);
      }
    }),
  );
});
