import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFreeRuns } from '../src/free-runs.ts';
import type { UnitRun } from '../src/index.ts';

const unitsOfRun = ({ first, count }: UnitRun) => Array.from({ length: count }, (_, i) => first + i);

/** The widest gap of a set of free units, the leftmost of equals. */
function widestGap(free: ReadonlySet<number>, units: number): UnitRun {
  let widest = { first: 0, count: 0 };
  for (let first = 0; first < units; first++) {
    let count = 0;
    while (free.has(first + count)) count++;
    if (count > widest.count) widest = { first, count };
    first += count;
  }
  return widest;
}

const act = fc.oneof(
  fc.record({ kind: fc.constant('take' as const), most: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ kind: fc.constant('give' as const), place: fc.nat() }),
);

test('[FU1] as many units as are asked for come out of the widest gap, and what is given back closes gaps', () => {
  fc.assert(
    fc.property(fc.nat(40), fc.array(act, { maxLength: 80 }), (units, acts) => {
      const runs = createFreeRuns(units);
      const free = new Set(Array.from({ length: units }, (_, i) => i));
      const taken: UnitRun[] = [];
      for (const next of acts) {
        if (next.kind === 'take') {
          const { first, count } = widestGap(free, units);
          const run = runs.take(next.most);
          expect(run).toEqual(count === 0 ? undefined : { first, count: Math.min(count, next.most) });
          if (run === undefined) continue;
          taken.push(run);
          for (const unit of unitsOfRun(run)) free.delete(unit);
        } else if (taken.length > 0) {
          const [run] = taken.splice(next.place % taken.length, 1);
          runs.give(run!);
          for (const unit of unitsOfRun(run!)) free.add(unit);
        }
        expect(runs.units).toBe(free.size);
      }
    }),
  );
});

test('[FU2] a run given back that nobody took is a programmer’s error', () => {
  const runs = createFreeRuns(8);
  runs.take(4);
  for (const run of [
    { first: 3, count: 2 },
    { first: 4, count: 1 },
    { first: 7, count: 2 },
  ])
    expect(() => runs.give(run)).toThrow(/free-runs\.give/);
  runs.give({ first: 1, count: 2 });
  expect(() => runs.give({ first: 0, count: 2 })).toThrow(/free-runs\.give/);
});
