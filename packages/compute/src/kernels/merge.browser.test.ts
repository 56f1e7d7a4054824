import { canonicalize, merge } from '@manyhands/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWorker, type TestWorker } from '../testing/worker-engine.ts';

/** Bit patterns around every edge of float32, of both signs. */
const EDGES = [
  0x00000000, 0x00000001, 0x00400000, 0x007fffff, 0x00800000, 0x00800001, 0x00ffffff, 0x01000000, 0x33800000,
  0x34000000, 0x3f7fffff, 0x3f800000, 0x3f800001, 0x4b7fffff, 0x4b800000, 0x4b800001, 0x7effffff, 0x7f000000,
].flatMap((bits) => [bits, (bits | 0x80000000) >>> 0]);

let worker: TestWorker;
beforeAll(() => {
  worker = startWorker();
});
afterAll(() => worker.end());

describe('merge on a device', () => {
  test('[MK1] gives the bits of core’s merge for every pair of edges', async () => {
    const left = EDGES.flatMap((a) => EDGES.map(() => a));
    const right = EDGES.flatMap(() => EDGES);
    await expectSameBits(floats(left), floats(right));
  });

  test('[MK1] and for bits at random', async () => {
    const random = () => crypto.getRandomValues(new Uint32Array(16_000));
    // Exponents below 127 + 127 on both sides: no sum overflows, which WGSL would leave open.
    const finite = (bits: Uint32Array) => bits.map((x) => ((x >>> 23) % 256 < 254 ? x : x & 0xbfffffff));
    await expectSameBits(floats(finite(random())), floats(finite(random())));
  });

  test.each([1, 3, 63, 64, 65, 257])(
    '[MK2] and for a vector of %i, whatever is left over',
    async (length) => {
      const left = Float32Array.from({ length }, (_, i) => 1 / (i + 1));
      const right = Float32Array.from({ length }, (_, i) => 1e-7 * i);
      await expectSameBits(left, right);
    },
  );

  test('[MK2] and for a vector longer than the widest dispatch', async () => {
    const length = 65_535 * 64 * 4 + 5;
    const left = new Float32Array(length).fill(1);
    const right = Float32Array.from({ length }, (_, i) => i);
    await expectSameBits(left, right);
  });
});

async function expectSameBits(left: Float32Array, right: Float32Array): Promise<void> {
  const actual = bits(await worker.ask('merge', left, right));
  const [a, b] = [left.slice(), right.slice()];
  canonicalize(a);
  canonicalize(b);
  const expected = bits(merge(a, b));
  expect(actual.length).toBe(expected.length);
  const differs = actual.findIndex((x, i) => x !== expected[i]);
  expect(differs, `${left[differs]} + ${right[differs]}`).toBe(-1);
}

function floats(patterns: ArrayLike<number>): Float32Array {
  return new Float32Array(Uint32Array.from(patterns).buffer);
}

function bits(vector: Float32Array): Uint32Array {
  return new Uint32Array(vector.buffer, vector.byteOffset, vector.length);
}
