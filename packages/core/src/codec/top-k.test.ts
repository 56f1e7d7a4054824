import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type TopK, VALUE_BITS } from './codec-spec.ts';
import { codecOf } from './codecs.ts';
import { packedIndicesBytes, readIndices, writeIndices } from './packed-indices.ts';
import { sameBytes, testCodecContract, vectorOf } from './testing/codec-contract.ts';
import { packedIndicesReference, topKReference } from './testing/top-k-reference.ts';
import { encodeKept, keptIn } from './top-k.ts';

const codec = (kept: number, bits: TopK['bits']) => codecOf({ kind: 'top-k', kept, bits });

testCodecContract(codec(64, 32), 'top-k, 64 exact of 4,096');
testCodecContract(codec(64, 8), 'top-k, 64 of 8 bits of 4,096');
testCodecContract(codec(37, 2), 'top-k, 37 of 2 bits of 4,096');
testCodecContract(codec(1, 5), 'top-k, 1 of 5 bits of 4,096');
testCodecContract(codec(1024, 3), 'top-k, 1,024 of 3 bits of 4,096');

const settings = fc.record({ kept: fc.integer({ min: 1, max: 1024 }), bits: fc.constantFrom(...VALUE_BITS) });
const seeds = fc.integer({ min: 0, max: 0xffffffff });

test('[TK1] top-k bytes are those of the plain reference', () => {
  const lengths = fc.oneof(fc.nat(300), fc.constantFrom(4_096, 5_000));
  fc.assert(
    fc.property(settings, lengths, seeds, (setting, length, seed) => {
      const vector = vectorOf(length, seed);
      expect(
        sameBytes(codec(setting.kept, setting.bits).encode(vector, 0), topKReference(vector, setting)),
      ).toBe(true);
    }),
  );
  const bits = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 600 });
  fc.assert(
    fc.property(settings, bits, (setting, words) => {
      const vector = new Float32Array(Int32Array.from(words).buffer);
      expect(
        sameBytes(codec(setting.kept, setting.bits).encode(vector, 0), topKReference(vector, setting)),
      ).toBe(true);
    }),
  );
});

test('[TK2] the largest are kept to the bit, of equal ones the first, and the rest is 0', () => {
  const vector = new Float32Array(4_096).fill(0.5);
  vector[4_000] = -3;
  vector[17] = 1;
  const decoded = codec(4, 32).decode(codec(4, 32).encode(vector, 0), 4_096) as Float32Array;
  const expected = new Float32Array(4_096);
  expected.set([0.5, 0.5]);
  expected[17] = 1;
  expected[4_000] = -3;
  expect(decoded).toEqual(expected);
});

test('[TK3] indices that are out of order, twice there, too few, too many or past the end are refused', () => {
  const length = 600;
  const { decode, encode } = codec(64, 32);
  const good = encode(vectorOf(length, 3), 0);
  // 10 exact values, then 10 indices, of which each is cut after its lowest 5 bits.
  const count = 10;
  const written = (indices: readonly number[]) => {
    const bytes = good.slice();
    bytes.set(packedIndicesReference(indices, length), 4 * count);
    return bytes;
  };
  const some = [3, 40, 90, 170, 171, 200, 310, 400, 500, 599];
  expect(decode(written(some), length)).toBeInstanceOf(Float32Array);
  expect(decode(written([3, 3, ...some.slice(2)]), length)).toBe('wrong-indices');
  // Both in the first 32, so that their order is seen in the lower bits only.
  expect(decode(written([3, 2, ...some.slice(2)]), length)).toBe('wrong-indices');
  expect(decode(written([...some.slice(0, 9), 600]), length)).toBe('wrong-indices');
  // The last index is bit 27 of the upper part, (599 >> 5) + 9; behind it nothing may be set.
  const upperEnd = 4 * count + 3;
  const tooFew = written(some);
  tooFew[upperEnd]! ^= 1 << 3;
  expect(decode(tooFew, length)).toBe('wrong-indices');
  const tooMany = written(some);
  tooMany[upperEnd]! |= 1 << 4;
  expect(decode(tooMany, length)).toBe('wrong-indices');
});

test('[TK4] the bytes for 4,096 elements are those of the table in top-k.ts', () => {
  const bytes = [128, 64, 32, 16].map((kept) =>
    ([2, 4, 8, 32] as const).map((bits) => codec(kept, bits).encodedBytes(4_096)),
  );
  expect(bytes).toEqual([
    [152, 184, 248, 624],
    [88, 104, 136, 320],
    [52, 60, 76, 164],
    [32, 36, 44, 84],
  ]);
});

test('[TK5] what comes back is never further from what was given than zeros are', () => {
  fc.assert(
    fc.property(settings, fc.constantFrom(300, 4_096, 5_000), seeds, ({ kept, bits }, length, seed) => {
      const vector = vectorOf(length, seed);
      const decoded = codec(kept, bits).decode(codec(kept, bits).encode(vector, 0), length) as Float32Array;
      // Each element for itself: what is not 0 is on its own side of 0, and rounded by no more than its own size.
      expect(decoded.findIndex((x, i) => Math.abs(x - vector[i]!) > Math.abs(vector[i]!))).toBe(-1);
    }),
  );
});

test('[PI1] indices come back from bytes whose number depends on count and span alone', () => {
  const sets = fc
    .tuple(fc.integer({ min: 1, max: 4_096 }), fc.integer({ min: 1, max: 64 }), seeds)
    .map(([span, share, seed]) => {
      const chosen = [...vectorOf(span, seed).keys()].filter((i) => (i * 7919 + seed) % 64 < share);
      return { span, indices: chosen.length === 0 ? [span - 1] : chosen };
    });
  fc.assert(
    fc.property(sets, fc.nat(5), ({ span, indices }, at) => {
      const count = indices.length;
      const bytes = new Uint8Array(packedIndicesBytes(count, span) + at);
      writeIndices(Uint16Array.from(indices), count, span, bytes, at);
      expect(sameBytes(bytes.subarray(at), Uint8Array.from(packedIndicesReference(indices, span)))).toBe(
        true,
      );
      const back = new Uint16Array(count);
      expect(readIndices(bytes, at, count, span, back)).toBe(true);
      expect(indices.every((index, i) => index === back[i])).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('[TK6] what somebody else has selected gets the bytes of the whole vector, and it is told what rounding left out', () => {
  const lengths = fc.oneof(fc.nat(300), fc.constantFrom(4_096, 5_000));
  fc.assert(
    fc.property(settings, lengths, seeds, (setting, length, seed) => {
      const vector = vectorOf(length, seed);
      const { encode, decode } = codec(setting.kept, setting.bits);
      const bytes = encode(vector, 0);
      const selected = selectedOf(vector, setting);
      const indices = selected.map((index) => index % 4_096);
      const values = Float32Array.from(selected, (index) => vector[index]!);
      expect(selected.length).toBe(keptIn(setting, length));
      const encoded = encodeKept(setting, length, { values, indices });
      expect(sameBytes(encoded.bytes, bytes)).toBe(true);
      const decoded = decode(bytes, length) as Float32Array;
      const leftOut = Float32Array.from(selected, (index) => vector[index]! - decoded[index]!);
      if (setting.bits === 32) expect(encoded.leftOut).toBe(undefined);
      else expect(encoded.leftOut).toEqual(leftOut);
    }),
    { numRuns: 30 },
  );
});

/** Indices of what the codec keeps, by sorting. */
function selectedOf(vector: Float32Array, { kept }: TopK): Uint32Array {
  const starts = Array.from({ length: Math.ceil(vector.length / 4_096) }, (_, n) => 4_096 * n);
  return Uint32Array.from(
    starts.flatMap((start) => {
      const segment = [...vector.subarray(start, start + 4_096)];
      const order = segment
        .map((_, i) => i)
        .sort((a, b) => Math.abs(segment[b]!) - Math.abs(segment[a]!) || a - b);
      const count = Math.ceil((kept * segment.length) / 4_096);
      return order
        .slice(0, count)
        .sort((a, b) => a - b)
        .map((i) => start + i);
    }),
  );
}
