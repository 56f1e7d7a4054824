/**
 * Where the cells of the ring lie. A sunburst: the units are the outer ring, each level of the reduction tree is a
 * ring further in, the root is the disc in the middle. A block spans the angle of its units, so a parent sits exactly
 * inside its children. Coordinates: the centre is (0, 0), the ring fits a circle of radius 100, unit 0 starts at noon.
 */

import { blockOf, unitsOf } from '@manyhands/core';
import { cellsOf, lowestLevel } from './tree.ts';

export const RADIUS = 98;
/** The disc that holds the step number. */
export const CENTRE_RADIUS = 34;

/** Units are drawn this much thicker than the levels above them: they are what volunteers do. */
const UNIT_WEIGHT = 2;

export interface Sector {
  /** Angles in turns, clockwise from noon. */
  readonly start: number;
  readonly end: number;
  readonly inner: number;
  readonly outer: number;
}

/** The sector of each of `cellsOf(units)`, in its order; `gap` is the distance between two cells. */
export function sectorsOf(units: number, gap: number): readonly Sector[] {
  const lowest = lowestLevel(units);
  const rings = Math.max(1, blockOf(units).level - lowest);
  const thickness = (RADIUS - CENTRE_RADIUS - gap * rings) / (rings - 1 + UNIT_WEIGHT);
  return cellsOf(units).map((block) => {
    const { first, count } = unitsOf(block, units);
    const up = block.level - lowest;
    const outer = up === 0 ? RADIUS : RADIUS - (UNIT_WEIGHT + up - 1) * thickness - up * gap;
    const inner = outer - (up === 0 ? UNIT_WEIGHT : 1) * thickness;
    return { start: first / units, end: (first + count) / units, inner, outer };
  });
}

/** `wanted`, or less where the cells of the outer ring would be thinner than what is between them. */
export function gapFor(units: number, wanted: number): number {
  const outermost = Math.ceil(units / 2 ** lowestLevel(units));
  return Math.min(wanted, (0.3 * 2 * Math.PI * RADIUS) / outermost);
}

/** The outline of a sector as an SVG path. Neighbours stand `gap` apart along their whole length, not just outside. */
export function pathOf({ start, end, inner, outer }: Sector, gap: number): string {
  if (end - start >= 1) return `${circle(outer)}${circle(inner, 'reversed')}`;
  const at = (radius: number, turn: number, side: 1 | -1) => {
    const angle = turn * 2 * Math.PI + (side * gap) / 2 / radius;
    return `${round(radius * Math.sin(angle))} ${round(-radius * Math.cos(angle))}`;
  };
  const large = end - start > 0.5 ? 1 : 0;
  return (
    `M${at(outer, start, 1)}A${round(outer)} ${round(outer)} 0 ${large} 1 ${at(outer, end, -1)}` +
    `L${at(inner, end, -1)}A${round(inner)} ${round(inner)} 0 ${large} 0 ${at(inner, start, 1)}Z`
  );
}

function circle(radius: number, direction: 'forward' | 'reversed' = 'forward'): string {
  const r = round(radius);
  const sweep = direction === 'forward' ? 1 : 0;
  return `M0 ${-r}A${r} ${r} 0 1 ${sweep} 0 ${r}A${r} ${r} 0 1 ${sweep} 0 ${-r}Z`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
