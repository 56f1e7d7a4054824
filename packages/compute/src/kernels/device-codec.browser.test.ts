import { codecOf, type LossyCodecSpec } from '@manyhands/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWorker, type TestWorker } from '../testing/worker-engine.ts';

const SPECS: readonly LossyCodecSpec[] = [
  { kind: 'float16' },
  { kind: 'int8' },
  { kind: 'top-k', kept: 64, bits: 32 },
  { kind: 'top-k', kept: 100, bits: 4 },
];

/** Bit patterns around every edge of float32 and float16, of both signs. */
const EDGES = [
  0x00000000, 0x00000001, 0x007fffff, 0x00800000, 0x32ffffff, 0x33000000, 0x33000001, 0x33800000, 0x33c00000,
  0x387fc000, 0x387fdfff, 0x387fe000, 0x387fffff, 0x38800000, 0x3f800000, 0x3f800fff, 0x3f801000, 0x3f803000,
  0x477fe000, 0x477fefff, 0x477ff000, 0x47800000, 0x7f7fffff,
].flatMap((bits) => [bits, (bits | 0x80000000) >>> 0]);

const MAGNITUDE = 0x7fffffff;

let worker: TestWorker;
beforeAll(() => {
  worker = startWorker();
});
afterAll(() => worker.end());

describe.each(SPECS.map((spec) => [JSON.stringify(spec), spec] as const))('on a device %s', (_, spec) => {
  test('[DC1] [DC2] gives the bytes of core and leaves what core leaves out, whatever the length', async () => {
    const lengths = [1, 7, 255, 257, 4_095, 4_097, 20_001];
    await expectAsCore(
      spec,
      lengths.flatMap((length) => [spread(length, 1), even(length, 2), coarse(length, 3)]),
    );
  });

  test('[DC1] [DC2] and at every edge of the numbers, and for bits at random', async () => {
    // Each edge is the largest of a segment, with all others.
    const below = (edge: number) => EDGES.filter((bits) => (bits & MAGNITUDE) <= (edge & MAGNITUDE));
    const segments = EDGES.flatMap((edge) => Array.from({ length: 256 }, (_, i) => below(edge).at(-i)!));
    const random = crypto.getRandomValues(new Uint32Array(8_000));
    const finite = random.map((bits) => ((bits >>> 23) % 256 < 255 ? bits : bits & 0xbfffffff));
    await expectAsCore(spec, [floats(EDGES), floats(segments), floats(finite)]);
  });

  test('[DC3] tells of a NaN or an infinity, and hides neither', async () => {
    const vectors = [Number.NaN, Infinity, -Infinity].map((x) => spread(5_000, 4).fill(x, 4_500, 4_501));
    for (const { bytes, finite } of await worker.ask('encode', spec, vectors, 1)) {
      const decoded = codecOf(spec).decode(bytes, 5_000) as Float32Array;
      expect([finite, decoded.every(Number.isFinite)]).toEqual([false, false]);
    }
  });
});

test.each([
  [{ kind: 'float16' }, 1 / 2],
  [{ kind: 'int8' }, 65 / 256],
  [{ kind: 'top-k', kept: 64, bits: 4 }, 1 / 32],
  [{ kind: 'top-k', kept: 512, bits: 32 }, 1 / 4],
] as const)('[DC4] of a vector in %o the share that is read back is %f', async (spec, share) => {
  const vector = spread(8_192, 5);
  const [encoded] = await worker.ask('encode', spec, [vector], 1);
  expect(encoded!.readBytes / vector.byteLength).toBeCloseTo(share, 12);
});

async function expectAsCore(spec: LossyCodecSpec, vectors: readonly Float32Array[]): Promise<void> {
  const codec = codecOf(spec);
  const seed = 77;
  const encoded = await worker.ask('encode', spec, vectors, seed);
  for (const [i, { bytes, finite, leftOut }] of encoded.entries()) {
    const vector = vectors[i]!;
    const expected = codec.encode(vector, seed);
    expect(finite).toBe(true);
    expect(firstDifference(bytes, expected, (a, b) => a === b)).toBe(undefined);
    const decoded = codec.decode(expected.slice(), vector.length) as Float32Array;
    const largest = vector.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    const bound = largest * 2 ** -20 + 2 ** -126;
    const left = vector.map((x, at) => x - decoded[at]!);
    expect(firstDifference(leftOut, left, (a, b) => Math.abs(a - b) <= bound)).toBe(undefined);
  }
}

function firstDifference<N extends Uint8Array | Float32Array>(
  actual: N,
  expected: N,
  same: (a: number, b: number) => boolean,
): { index: number; actual: number; expected: number } | undefined {
  expect(actual.length).toBe(expected.length);
  const index = actual.findIndex((x, i) => !same(x, expected[i]!));
  return index < 0 ? undefined : { index, actual: actual[index]!, expected: expected[index]! };
}

/** Of many magnitudes, as gradients are. */
function spread(length: number, salt: number): Float32Array {
  return even(length, salt).map((x) => 0.01 * x ** 9);
}

function even(length: number, salt: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(salt * 1_000 + i * i));
}

/** With many that are equal. */
function coarse(length: number, salt: number): Float32Array {
  return even(length, salt).map((x) => Math.round(3 * x) / 8);
}

function floats(patterns: ArrayLike<number>): Float32Array {
  return new Float32Array(Uint32Array.from(patterns).buffer);
}
