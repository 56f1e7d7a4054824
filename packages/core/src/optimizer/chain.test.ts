import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chain } from './chain.ts';
import type { Transformation } from './transformation.ts';

const params = new Float32Array(3);

test('[OC1] a chain of nothing is the identity and keeps nothing', () => {
  fc.assert(
    fc.property(fc.float32Array({ noNaN: true }), (updates) => {
      const before = updates.slice();
      chain().update(updates, [], { step: 0, params: updates });
      expect(updates).toEqual(before);
    }),
  );
  expect(chain().slots).toBe(0);
});

test('[OC2] each part works on what the one before left, with its own slots', () => {
  const updates = Float32Array.of(1, 2, 3);
  const slots = [new Float32Array(3), new Float32Array(3), new Float32Array(3)];
  const whole = chain(remember(1), scale(10), chain(remember(2)));
  expect(whole.slots).toBe(3);
  whole.update(updates, slots, { step: 0, params });
  expect([...updates]).toEqual([10, 20, 30]);
  expect(slots.map((slot) => [...slot])).toEqual([
    [1, 2, 3],
    [10, 20, 30],
    [10, 20, 30],
  ]);
});

function scale(factor: number): Transformation {
  return {
    slots: 0,
    update(updates) {
      for (let i = 0; i < updates.length; i++) updates[i] = updates[i]! * factor;
    },
  };
}

function remember(slots: number): Transformation {
  return {
    slots,
    update(updates, own) {
      for (const slot of own) slot.set(updates);
    },
  };
}
