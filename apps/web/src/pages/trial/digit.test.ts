import { describe, expect, test } from 'vitest';
import { asDigit, FIELD } from './digit.ts';

/** A drawing with one filled rectangle. */
function rectangle(left: number, top: number, width: number, height: number) {
  const ink = new Float32Array(280 * 280);
  for (let row = top; row < top + height; row++) ink.fill(1, row * 280 + left, row * 280 + left + width);
  return { width: 280, height: 280, ink };
}

const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);

describe('a drawing as MNIST would have it', () => {
  test('[DG1] where and how large it is drawn does not matter', () => {
    const here = asDigit(rectangle(10, 20, 40, 100))!;
    const there = asDigit(rectangle(150, 60, 80, 200))!;
    for (const [i, value] of here.entries()) expect(value).toBeCloseTo(there[i]!, 5);
  });

  test('[DG2] the longer side is 20 pixels and the ink keeps its proportions', () => {
    const digit = asDigit(rectangle(30, 40, 60, 120))!;
    const rows = Array.from({ length: FIELD }, (_, row) => sum(digit.slice(row * FIELD, (row + 1) * FIELD)));
    expect(rows.filter((ink) => ink > 0.01)).toHaveLength(20);
    expect(rows[FIELD / 2]).toBeCloseTo(10, 3);
    expect(sum(digit)).toBeCloseTo(200, 1);
  });

  test('[DG3] the centre of mass lies in the middle of the field', () => {
    const drawing = rectangle(30, 40, 20, 100);
    for (let row = 120; row < 140; row++) drawing.ink.fill(1, row * 280 + 30, row * 280 + 90);
    const digit = asDigit(drawing)!;
    let [x, y] = [0, 0];
    for (const [i, ink] of digit.entries()) {
      x += ink * ((i % FIELD) + 0.5);
      y += ink * (Math.floor(i / FIELD) + 0.5);
    }
    expect(x / sum(digit)).toBeCloseTo(FIELD / 2, 1);
    expect(y / sum(digit)).toBeCloseTo(FIELD / 2, 1);
  });

  test('[DG4] an empty pad is no digit', () => {
    expect(asDigit(rectangle(0, 0, 0, 0))).toBeUndefined();
  });
});
