import { describe, expect, test } from 'vitest';
import { canonicalize } from './canonical.ts';
import { merge } from './merge.ts';
import { createReduction } from './reduction.ts';

describe('merge', () => {
  test('[RD1] adds in float32, and a subnormal sum and −0 become +0', () => {
    const smallest = 2 ** -126;
    const sum = merge(Float32Array.of(1, smallest, -0, 16777216), Float32Array.of(2, -smallest * 1.5, -0, 1));
    expect([...sum].map((x) => (Object.is(x, -0) ? '-0' : x))).toEqual([3, 0, 0, 16777216]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    '[VA3] canonicalize tells of %s',
    (x) => {
      expect(canonicalize(Float32Array.of(1, x))).toBe(false);
    },
  );
});

describe('a reduction', () => {
  /** Float addition of these depends on the order: large and small alternate. */
  const leaf = (unit: number) => Float32Array.of(unit % 2 === 0 ? 1e8 + unit : 0.3 * unit);

  test('[RD2] a missing sibling passes through: five leaves are ((0+1)+(2+3))+4', () => {
    const reduction = createReduction(5);
    for (const unit of [4, 2, 0, 3, 1]) reduction.add({ level: 0, index: unit }, leaf(unit));
    const pair = (a: number, b: number) => merge(leaf(a), leaf(b));
    const expected = merge(merge(pair(0, 1), pair(2, 3)), leaf(4));
    expect(reduction.root).toEqual(expected);
  });

  test('[RD3] the root is there when all units are in, and not before', () => {
    const reduction = createReduction(2);
    reduction.add({ level: 0, index: 1 }, leaf(1));
    expect(reduction.root).toBeUndefined();
    reduction.add({ level: 0, index: 0 }, leaf(0));
    expect(reduction.root).toEqual(merge(leaf(0), leaf(1)));
  });

  test('[RD4] a block may come as one, and merges as if its leaves had come', () => {
    const whole = createReduction(4);
    whole.add({ level: 1, index: 1 }, merge(leaf(2), leaf(3)));
    whole.add({ level: 0, index: 1 }, leaf(1));
    expect(whole.heldBlocks()).toHaveLength(2);
    whole.add({ level: 0, index: 0 }, leaf(0));
    expect(whole.root).toEqual(merge(merge(leaf(0), leaf(1)), merge(leaf(2), leaf(3))));
    expect(whole.heldPeak).toBe(2);
  });

  test('[RD5] a block that is in twice is a programmer’s error, never a sum', () => {
    const reduction = createReduction(4);
    reduction.add({ level: 0, index: 0 }, leaf(0));
    expect(() => reduction.add({ level: 0, index: 0 }, leaf(0))).toThrow('already in');
  });
});

test('[RD7] a sum that holds NaN or infinity is refused, and what was in before it stays as it was', () => {
  for (const fault of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const reduction = createReduction(2);
    expect(reduction.add({ level: 0, index: 1 }, Float32Array.of(1, 2))).toBe(true);
    expect(reduction.add({ level: 0, index: 0 }, Float32Array.of(5, fault))).toBe(false);
    expect(reduction.add({ level: 0, index: 0 }, Float32Array.of(10, -0))).toBe(true);
    expect(reduction.root).toEqual(Float32Array.of(11, 2));
  }
});

test('[RD8] what strangers send is made canonical, whether it waits, meets its sibling or is the whole', () => {
  const rough = () => Float32Array.of(-0, 2 ** -140);
  const alone = createReduction(1);
  alone.add({ level: 0, index: 0 }, rough());
  expect(alone.root).toEqual(Float32Array.of(0, 0));
  const pair = createReduction(2);
  pair.add({ level: 0, index: 0 }, rough());
  pair.add({ level: 0, index: 1 }, rough());
  expect(pair.root).toEqual(Float32Array.of(0, 0));
});

test('[RD9] what is still held is given back when the round is over, the root too, and what was refused is not', () => {
  const spared: Float32Array[] = [];
  const vectors = [0, 1, 2, 3].map((unit) => Float32Array.of(unit));
  const add = (reduction: ReturnType<typeof createReduction>, unit: number) =>
    reduction.add({ level: 0, index: unit }, vectors[unit]!);
  const broken = createReduction(4, (vector) => spared.push(vector));
  add(broken, 0);
  add(broken, 3);
  broken.add({ level: 0, index: 2 }, Float32Array.of(Number.NaN));
  broken.close();
  expect(spared).toEqual([vectors[0], vectors[3]]);
  spared.length = 0;
  const whole = createReduction(4, (vector) => spared.push(vector));
  for (const unit of [0, 1, 2, 3]) add(whole, unit);
  const root = whole.root;
  expect(spared).not.toContain(root);
  whole.close();
  expect(new Set(spared)).toEqual(new Set(vectors));
  expect(spared).toHaveLength(4);
});
