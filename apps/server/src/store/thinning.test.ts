import { expect, test } from 'vitest';
import { POINTS_MAX, POINTS_NEWEST, type Thinnable, thinned } from './thinning.ts';

test('[ST18] what stays of a very long history lies at equal distances, back to its first point', () => {
  const total = 20 * POINTS_MAX;
  let points: readonly Thinnable[] = [];
  for (let from = 0; from < total; from += 1_000) {
    const more = Array.from({ length: 1_000 }, (_, i) => ({ index: from + i, kind: 'step' }));
    const all = [...points, ...more];
    const gone = new Set(thinned(all));
    points = all.filter(({ index }) => !gone.has(index));
  }
  const older = points.slice(0, -POINTS_NEWEST).map(({ index }) => index);
  expect(older[0]).toBe(0);
  const gaps = older.slice(1).map((index, i) => index - older[i]!);
  // As many as fit make a gap of the length divided by them; stretches double, so half of the room may be empty.
  expect(Math.max(...gaps)).toBeLessThanOrEqual((4 * total) / (POINTS_MAX - POINTS_NEWEST));
});
