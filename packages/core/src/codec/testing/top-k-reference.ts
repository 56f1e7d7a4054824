/** The codec top-k by sorting, and with bits as text: lowest bit first, so that a byte is read backwards. */

import type { TopK } from '../codec-spec.ts';

export function topKReference(vector: Float32Array, setting: TopK): Uint8Array {
  const segments = Array.from({ length: Math.ceil(vector.length / 4096) }, (_, n) =>
    vector.slice(4096 * n, 4096 * (n + 1)),
  );
  return Uint8Array.from(segments.flatMap((segment) => segmentReference(segment, setting)));
}

function segmentReference(segment: Float32Array, { kept, bits }: TopK): number[] {
  const magnitudes = [...new Uint32Array(segment.buffer)].map((word) => word % 2 ** 31);
  const indices = magnitudes
    .map((magnitude, index) => ({ magnitude, index }))
    .sort((a, b) => b.magnitude - a.magnitude || a.index - b.index)
    .slice(0, Math.ceil((kept * segment.length) / 4096))
    .map(({ index }) => index)
    .sort((a, b) => a - b);
  const packed = packedIndicesReference(indices, segment.length);
  const words = new Uint32Array(segment.buffer);
  if (bits === 32) return [...indices.flatMap((index) => bytesOf(binary(words[index]!, 32))), ...packed];
  const values = indices.map((index) => segment[index]!);
  const least = Math.min(...values.map(Math.abs));
  const greatest = Math.max(...values.map(Math.abs));
  const finite = Number.isFinite(greatest);
  const range = finite ? [least, greatest] : [Number.NaN, Number.NaN];
  const steps = 2 ** (bits - 1) - 1;
  const codes = values.map((x) => {
    if (!finite) return binary(0, bits);
    const step = Math.floor(((Math.abs(x) - least) * steps) / (greatest - least) + 0.5);
    return binary(Number.isNaN(step) ? 0 : step, bits - 1) + (x < 0 ? '1' : '0');
  });
  return [...new Uint8Array(Float32Array.from(range).buffer), ...packed, ...bytesOf(codes.join(''))];
}

export function packedIndicesReference(indices: readonly number[], span: number): number[] {
  const low = Math.floor(Math.log2(span / indices.length));
  // In each stretch of 2^low numbers a 1 for each that is there, and a 0 at its end, save the last.
  const stretches = Array.from({ length: Math.ceil(span / 2 ** low) }, (_, n) =>
    '1'.repeat(indices.filter((index) => Math.floor(index / 2 ** low) === n).length),
  );
  const lower = indices.map((index) => binary(index % 2 ** low, low));
  return [...bytesOf(stretches.join('0')), ...bytesOf(lower.join(''))];
}

/** Lowest bit first. */
function binary(number: number, width: number): string {
  return [...number.toString(2).padStart(width, '0')].reverse().slice(0, width).join('');
}

function bytesOf(bits: string): number[] {
  return Array.from({ length: Math.ceil(bits.length / 8) }, (_, n) =>
    Number.parseInt([...bits.slice(8 * n, 8 * n + 8).padEnd(8, '0')].reverse().join(''), 2),
  );
}
