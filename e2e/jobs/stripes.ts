/** Pictures made by a rule, of the size of handwritten digits: as many as a test needs, and nothing to read from a disk. */

import { arrays } from 'manyhands';

const SIDE = 28;
const CLASSES = 10;

/** 28 × 28 × 1 bytes each, in ten classes. */
export function stripes(counts: { readonly train: number; readonly heldOut: number }) {
  const { train, heldOut } = counts;
  const pictures = Array.from({ length: train + heldOut }, (_, index) => index);
  return arrays({
    name: 'Stripes',
    origin: 'made by the end-to-end tests',
    licence: 'MIT',
    inputs: pictures.map(picture),
    scale: 1 / 255,
    targets: {
      kind: 'class',
      classes: Array.from({ length: CLASSES }, (_, slope) => `slope ${slope}`),
      labels: pictures.map((index) => index % CLASSES),
    },
    heldOut,
  });
}

/** Stripes that lean as their class says, each picture's at places of its own. */
function picture(index: number): number[][][] {
  const slope = index % CLASSES;
  return Array.from({ length: SIDE }, (_, y) =>
    Array.from({ length: SIDE }, (_, x) => [(23 * (x + slope * y) + 7 * index) % 256]),
  );
}
