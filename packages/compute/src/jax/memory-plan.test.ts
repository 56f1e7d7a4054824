import type { Step } from 'virtual:jax-programs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bufferBytes, planMemory } from './memory-plan.ts';

/** A program that allocates arrays of these sizes, each freed when so many others have been allocated after it. */
function programOf(arrays: readonly (readonly [size: number, lives: number])[]): Step[] {
  return arrays.flatMap(([size], now) => [
    { type: 'malloc' as const, size, output: now },
    ...arrays.flatMap(([, lives], input) =>
      input <= now && input + lives === now ? [{ type: 'free' as const, input }] : [],
    ),
  ]);
}

const programs = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 0, max: 9 })), { maxLength: 60 })
  .map(programOf);

test('[JX7] no two arrays that are alive at once share a buffer, and each fits into its own', () => {
  fc.assert(
    fc.property(programs, (steps) => {
      const { sizes, places } = planMemory(steps);
      const alive = new Set<number>();
      for (const step of steps) {
        if (step.type === 'malloc') {
          const place = places.get(step.output)!;
          expect(alive).not.toContain(place);
          expect(sizes[place]).toBeGreaterThanOrEqual(bufferBytes(step.size));
          alive.add(place);
        }
        if (step.type === 'free') alive.delete(places.get(step.input)!);
      }
    }),
  );
});

test('[JX7] there are no more buffers than arrays that are alive at once', () => {
  fc.assert(
    fc.property(programs, (steps) => {
      let [alive, most] = [0, 0];
      for (const { type } of steps) {
        if (type === 'malloc') alive++;
        if (type === 'free') alive--;
        most = Math.max(most, alive);
      }
      expect(planMemory(steps).sizes).toHaveLength(most);
    }),
  );
});

test('[JX7] an array gets the smallest buffer that holds it, and otherwise the largest, which grows', () => {
  const steps: Step[] = [
    { type: 'malloc', size: 8, output: 0 },
    { type: 'malloc', size: 100, output: 1 },
    { type: 'malloc', size: 40, output: 2 },
    { type: 'free', input: 0 },
    { type: 'free', input: 1 },
    { type: 'free', input: 2 },
    { type: 'malloc', size: 30, output: 3 },
    { type: 'malloc', size: 200, output: 4 },
    { type: 'malloc', size: 6, output: 5 },
  ];
  const { sizes, places } = planMemory(steps);
  expect(sizes).toEqual([8, 200, 40]);
  expect([3, 4, 5].map((id) => places.get(id))).toEqual([2, 1, 0]);
});
