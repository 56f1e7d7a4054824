/**
 * base^exponent for a whole exponent ≥ 0, by squaring: multiplications alone, which every engine rounds alike.
 * Math.pow and ** are approximated as the engine likes, and β^t would differ in its last bits from browser to browser.
 */
export function power(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let bits = exponent; bits > 0; bits = Math.floor(bits / 2)) {
    if (bits % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}
