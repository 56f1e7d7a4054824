import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codecOf } from './codecs.ts';
import { sameBytes, testCodecContract, vectorOf } from './testing/codec-contract.ts';
import { int8Reference } from './testing/int8-reference.ts';

const codec = codecOf({ kind: 'int8' });
testCodecContract(codec);

test('[CI1] int8 bytes are those of the plain reference', () => {
  const seeds = fc.integer({ min: 0, max: 0xffffffff });
  const bits = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 600 });
  const sameAsReference = (vector: Float32Array, seed: number) => {
    expect(sameBytes(codec.encode(vector, seed), int8Reference(vector, seed))).toBe(true);
  };
  fc.assert(
    fc.property(bits, seeds, (words, seed) =>
      sameAsReference(new Float32Array(Int32Array.from(words).buffer), seed),
    ),
  );
  fc.assert(
    fc.property(fc.nat(2_000), seeds, (length, seed) => sameAsReference(vectorOf(length, seed), seed)),
  );
});

test('[CI2] over the seeds each element is on average what was given', () => {
  const vector = Float32Array.from({ length: 300 }, (_, i) => Math.sin(i) ** 3);
  const seeds = 4_000;
  const sums = new Float64Array(vector.length);
  for (let seed = 0; seed < seeds; seed++) {
    const decoded = codec.decode(codec.encode(vector, seed), vector.length) as Float32Array;
    for (let i = 0; i < sums.length; i++) sums[i]! += decoded[i]!;
  }
  // One draw deviates by half a step at most, so a mean by step / 2 / √seeds; six of those happen by chance once in 10⁸.
  const tolerance = ((1 / 127 / 2) * 6) / Math.sqrt(seeds);
  sums.forEach((sum, i) => {
    expect(Math.abs(sum / seeds - vector[i]!)).toBeLessThan(tolerance);
  });
});

test('[CI2] and over the elements, of which each is rounded for itself, so is their mean', () => {
  const length = 256 * 400;
  // Of each segment the first element sets the scale, and all others lie three tenths of the way between two steps.
  const vector = Float32Array.from({ length }, (_, i) => (i % 256 === 0 ? 127 : 5.3));
  const decoded = codec.decode(codec.encode(vector, 99), length) as Float32Array;
  const roundedUp = decoded.filter((x) => Math.abs(x - 6) < 0.01).length / (length - 400);
  expect(Math.abs(roundedUp - 0.3)).toBeLessThan((6 * 0.46) / Math.sqrt(length));
  expect(decoded.every((x) => [5, 6, 127].some((step) => Math.abs(x - step) < 0.01))).toBe(true);
});

test('[CI3] one large element costs those of its own segment precision, and no others', () => {
  const vector = new Float32Array(512).fill(1);
  vector[0] = 1e6;
  const decoded = codec.decode(codec.encode(vector, 1), 512) as Float32Array;
  expect(Math.abs(decoded[1]! - 1)).toBeGreaterThan(0.5);
  expect(decoded.subarray(256).every((x) => Math.abs(x - 1) < 0.01)).toBe(true);
});
