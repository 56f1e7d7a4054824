/**
 * Which elements of a segment are the largest, without sorting it: a radix select. The magnitudes are counted by their
 * upper bits, from the top down to where enough are counted; those that share these bits are counted by the next ones,
 * and twice is enough for all 31. So it takes the same few passes whatever the values, also where all are equal.
 */

import { MAGNITUDE } from './float-bits.ts';

/** Room to work in, for segments of up to so many elements. */
export interface Selection {
  readonly candidates: Int32Array;
  readonly counts: Int32Array;
}

export function createSelection(elements: number): Selection {
  return { candidates: new Int32Array(elements), counts: new Int32Array(1 << UPPER_BITS) };
}

/**
 * The indices of the `count` largest magnitudes, ascending; of equal ones the first are taken. A NaN is larger than any
 * number. `segment` holds the bits of floats, and 1 ≤ count ≤ its length.
 */
export function selectLargest(
  segment: Int32Array,
  count: number,
  selection: Selection,
  indices: Uint16Array,
): void {
  const { magnitude, equal } = smallestTaken(segment, count, selection);
  let equalLeft = equal;
  let taken = 0;
  for (let i = 0; i < segment.length; i++) {
    const here = segment[i]! & MAGNITUDE;
    if (here > magnitude || (here === magnitude && equalLeft-- > 0)) indices[taken++] = i;
  }
}

/** As bits: the magnitude of the count-th largest, and how many of exactly this one are among the count largest. */
export function smallestTaken(
  segment: Int32Array,
  count: number,
  { candidates, counts }: Selection,
): { readonly magnitude: number; readonly equal: number } {
  let left = segment.length;
  for (let i = 0; i < left; i++) candidates[i] = segment[i]! & MAGNITUDE;
  let equal = count;
  let magnitude = 0;
  for (const [shift, bits] of DIGITS) {
    const mask = (1 << bits) - 1;
    counts.fill(0);
    for (let i = 0; i < left; i++) counts[(candidates[i]! >>> shift) & mask]!++;
    let digit = mask;
    for (; counts[digit]! < equal; digit--) equal -= counts[digit]!;
    magnitude |= digit << shift;
    let kept = 0;
    for (let i = 0; i < left; i++) {
      const candidate = candidates[i]!;
      if (((candidate >>> shift) & mask) === digit) candidates[kept++] = candidate;
    }
    left = kept;
  }
  return { magnitude, equal };
}

const UPPER_BITS = 11;
/** Exponent and three bits of mantissa, and the other twenty in halves: the shift and the width of each digit. */
const DIGITS = [
  [20, UPPER_BITS],
  [10, 10],
  [0, 10],
] as const;
