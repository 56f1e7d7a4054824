import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { merge } from './merge.ts';
import { createReduction } from './reduction.ts';
import { createTreeFold } from './tree-fold.ts';

describe('tree fold', () => {
  test('[TF1] units folded one after another give the bytes of the round’s tree, whatever their number', () => {
    const anyUnits = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: 1, max: 2 ** 30 }), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(anyUnits, (values) => {
        const fold = createTreeFold<Float32Array>(merge);
        const reduction = createReduction(values.length);
        for (const [index, value] of values.entries()) {
          fold.add(Float32Array.of(value));
          reduction.add({ level: 0, index }, Float32Array.of(value));
        }
        expect(fold.take()).toEqual(reduction.root);
      }),
    );
  });

  test('[TF2] a block of n units keeps at most log₂ n + 1 sums', () => {
    let alive = 0;
    let peak = 0;
    const fold = createTreeFold<number>((left, right) => {
      alive--;
      return left + right;
    });
    for (let unit = 0; unit < 64; unit++) {
      peak = Math.max(peak, ++alive);
      fold.add(1);
    }
    expect(peak).toBe(7);
    expect(fold.take()).toBe(64);
  });

  test('[TF3] taking empties the fold', () => {
    const fold = createTreeFold<number>((left, right) => left + right);
    expect(fold.take()).toBeUndefined();
    fold.add(3);
    expect(fold.take()).toBe(3);
    expect(fold.take()).toBeUndefined();
  });
});
