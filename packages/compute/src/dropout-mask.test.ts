import { describe, expect, test } from 'vitest';
import { dropoutMask } from './dropout-mask.ts';

const place = { seed: 7, step: 3, layer: 'drop' };
const ids = Uint32Array.from({ length: 200 }, (_, i) => i);

describe('dropout mask', () => {
  test('[DM1] it drops at the rate and keeps the expected activation', () => {
    for (const rate of [0.1, 0.25, 0.5, 0.9]) {
      const mask = dropoutMask(place, rate, ids, 100);
      const kept = Math.fround(1 / (1 - rate));
      expect(new Set(mask)).toEqual(new Set([0, kept]));
      // 20,000 draws: five standard deviations of their mean are below this.
      const share = mask.filter((x) => x === 0).length / mask.length;
      expect(Math.abs(share - rate)).toBeLessThan(0.018);
    }
  });

  test('[DM2] a sample has the same mask at any place of any batch', () => {
    const whole = dropoutMask(place, 0.5, ids, 40);
    const reversed = dropoutMask(place, 0.5, ids.slice().reverse(), 40);
    for (const id of [0, 1, 99, 199]) {
      const row = whole.subarray(id * 40, (id + 1) * 40);
      expect(dropoutMask(place, 0.5, Uint32Array.of(id), 40)).toEqual(row.slice());
      expect(reversed.slice((199 - id) * 40, (200 - id) * 40)).toEqual(row.slice());
    }
  });

  test('[DM3] seed, step, layer and sample each draw a mask of their own', () => {
    const masks = [
      dropoutMask(place, 0.5, Uint32Array.of(5), 1_000),
      dropoutMask({ ...place, seed: 8 }, 0.5, Uint32Array.of(5), 1_000),
      dropoutMask({ ...place, step: 4 }, 0.5, Uint32Array.of(5), 1_000),
      dropoutMask({ ...place, layer: 'drop_1' }, 0.5, Uint32Array.of(5), 1_000),
      dropoutMask(place, 0.5, Uint32Array.of(6), 1_000),
    ];
    for (const [i, a] of masks.entries()) {
      for (const b of masks.slice(i + 1)) {
        // Independent masks agree on half of their elements, give or take five standard deviations.
        const same = a.filter((x, k) => x === b[k]).length;
        expect(Math.abs(same - 500)).toBeLessThan(80);
      }
    }
  });
});
