import { parentOf } from '@manyhands/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CENTRE_RADIUS, gapFor, pathOf, RADIUS, sectorsOf } from './geometry.ts';
import { cellsOf } from './tree.ts';

const units = fc.integer({ min: 1, max: 4096 });

test('[RG8] a parent spans exactly the angle of its children and lies inside them', () => {
  fc.assert(
    fc.property(units, (count) => {
      const cells = cellsOf(count);
      const sectors = sectorsOf(count, 1);
      const at = new Map(cells.map((block, i) => [`${block.level}/${block.index}`, sectors[i]!]));
      for (const [i, block] of cells.entries()) {
        const parent = parentOf(block);
        const above = at.get(`${parent.level}/${parent.index}`);
        if (above === undefined) continue;
        expect(above.outer).toBeLessThan(sectors[i]!.inner);
        expect(sectors[i]!.start).toBeGreaterThanOrEqual(above.start);
        expect(sectors[i]!.end).toBeLessThanOrEqual(above.end);
      }
    }),
    { numRuns: 50 },
  );
});

test('[RG8] the cells of a level go once round, within the ring', () => {
  fc.assert(
    fc.property(units, (count) => {
      const cells = cellsOf(count);
      const sectors = sectorsOf(count, 1);
      for (const level of new Set(cells.map((block) => block.level))) {
        const row = sectors.filter((_, i) => cells[i]!.level === level);
        expect(row[0]!.start).toBe(0);
        expect(row.at(-1)!.end).toBe(1);
        for (let i = 1; i < row.length; i++) expect(row[i]!.start).toBe(row[i - 1]!.end);
      }
      for (const { inner, outer } of sectors) {
        expect(outer).toBeLessThanOrEqual(RADIUS);
        expect(inner).toBeGreaterThanOrEqual(CENTRE_RADIUS);
        expect(outer).toBeGreaterThan(inner);
      }
    }),
    { numRuns: 50 },
  );
});

test('[RG9] a cell is always wider than the gap beside it', () => {
  for (const count of [1, 8, 32, 256, 1000, 4096]) {
    const outermost = sectorsOf(count, 1)[0]!;
    expect((outermost.end - outermost.start) * 2 * Math.PI * RADIUS).toBeGreaterThan(2 * gapFor(count, 5));
  }
  expect(gapFor(8, 1.8)).toBe(1.8);
});

test('a sector starts at noon and runs clockwise', () => {
  expect(pathOf({ start: 0, end: 0.25, inner: 50, outer: 100 }, 0)).toBe(
    'M0 -100A100 100 0 0 1 100 0L50 0A50 50 0 0 0 0 -50Z',
  );
});

test('a single unit is a whole ring', () => {
  expect(pathOf({ start: 0, end: 1, inner: 50, outer: 100 }, 2)).toContain('A100 100 0 1 1 0 100');
});
