/** The codec int8 as its formulas say, one segment after the other. */

import { hash32 } from '../../random.ts';

export function int8Reference(vector: Float32Array, seed: number): Uint8Array {
  const all = [...vector];
  const segments = Array.from({ length: Math.ceil(all.length / 256) }, (_, n) => 256 * n).flatMap((start) => {
    const segment = all.slice(start, start + 256);
    if (!segment.every(Number.isFinite)) return [...float32Bytes(Number.NaN), ...segment.map(() => 0)];
    const m = Math.max(...segment.map(Math.abs));
    if (m === 0) return [...float32Bytes(0), ...segment.map(() => 0)];
    const steps = segment.map((x, i) => Math.floor((127 * x) / m + hash32(seed, start + i) / 2 ** 32));
    return [...float32Bytes(m), ...steps];
  });
  return Uint8Array.from(segments);
}

function float32Bytes(x: number): Uint8Array {
  return new Uint8Array(Float32Array.of(x).buffer);
}
