/** Float16 as its definition says, by looking for the nearest of all there are. */

export function float16Reference(vector: Float32Array): Uint8Array {
  const bytes = new Uint8Array(2 * vector.length);
  const view = new DataView(bytes.buffer);
  vector.forEach((x, i) => {
    const negative = x < 0 || Object.is(x, -0);
    // JavaScript does not show the sign of a NaN as a number.
    const sign = Number.isNaN(x)
      ? new Uint8Array(vector.buffer, vector.byteOffset)[4 * i + 3]! >> 7
      : +negative;
    view.setUint16(2 * i, (sign << 15) | nearest(Math.abs(x)), true);
  });
  return bytes;
}

/** What these 16 bits mean. */
export function float16Number(bits: number): number {
  const sign = bits >> 15 === 1 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : Number.NaN;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15));
}

/** Bits 0 … 0x7bff, which are in the order of their numbers. */
const FINITE = Array.from({ length: 0x7c00 }, (_, bits) => float16Number(bits));

function nearest(x: number): number {
  if (Number.isNaN(x)) return 0x7e00;
  if (x === Infinity) return 0x7c00;
  let above = 0;
  for (let step = 0x4000; step >= 1; step /= 2) {
    const candidate = above + step;
    if (candidate <= 0x7c00 && FINITE[candidate - 1]! < x) above = candidate;
  }
  if (above === 0x7c00) return 0x7bff;
  if (above === 0) return 0;
  const up = FINITE[above]! - x;
  const down = x - FINITE[above - 1]!;
  if (up === down) return above % 2 === 0 ? above : above - 1;
  return up < down ? above : above - 1;
}
