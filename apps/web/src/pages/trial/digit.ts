/**
 * A drawing as MNIST would have scanned it: the ink is scaled so that its longer side is 20 pixels, and laid into a
 * field of 28 × 28 with its centre of mass in the middle (LeCun, Cortes, Burges; yann.lecun.com/exdb/mnist). Every
 * pixel is the mean of the part of the drawing that it covers, so lines stay grey at their edges as on paper.
 */

export const FIELD = 28;
const BOX = 20;
/** Fainter than this is the edge of a stroke and no ink: it must not stretch the box. */
const INK_MIN = 0.1;

export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** Row by row; 0 is paper, 1 is ink. */
  readonly ink: Float32Array;
}

/** 784 values from 0 to 1, row by row; undefined while there is no ink. */
export function asDigit(drawing: Drawing): Float32Array | undefined {
  const extent = extentOf(drawing);
  if (extent === undefined) return undefined;
  const scale = BOX / extent.side;
  const digit = new Float32Array(FIELD * FIELD);
  for (let row = 0; row < FIELD; row++) {
    const top = extent.massY + (row - FIELD / 2) / scale;
    for (let column = 0; column < FIELD; column++) {
      const left = extent.massX + (column - FIELD / 2) / scale;
      digit[row * FIELD + column] = meanOver(drawing, left, top, 1 / scale);
    }
  }
  return digit;
}

interface Extent {
  /** The longer side of the box round the ink. */
  readonly side: number;
  readonly massX: number;
  readonly massY: number;
}

function extentOf({ width, height, ink }: Drawing): Extent | undefined {
  let [left, right, top, bottom] = [width, -1, height, -1];
  let [mass, x, y] = [0, 0, 0];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = ink[row * width + column]!;
      if (value < INK_MIN) continue;
      left = Math.min(left, column);
      right = Math.max(right, column);
      top = Math.min(top, row);
      bottom = Math.max(bottom, row);
      mass += value;
      x += value * (column + 0.5);
      y += value * (row + 0.5);
    }
  }
  if (right < 0) return undefined;
  return { side: Math.max(right - left, bottom - top) + 1, massX: x / mass, massY: y / mass };
}

/** Mean ink over a square of the drawing; what lies outside of the drawing is paper. */
function meanOver({ width, height, ink }: Drawing, left: number, top: number, side: number): number {
  let sum = 0;
  for (let row = Math.max(0, Math.floor(top)); row < Math.min(height, top + side); row++) {
    const down = Math.min(row + 1, top + side) - Math.max(row, top);
    for (let column = Math.max(0, Math.floor(left)); column < Math.min(width, left + side); column++) {
      const across = Math.min(column + 1, left + side) - Math.max(column, left);
      sum += ink[row * width + column]! * down * across;
    }
  }
  return sum / (side * side);
}
