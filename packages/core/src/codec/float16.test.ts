import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codecOf } from './codecs.ts';
import { FLOAT16_MAX } from './float16.ts';
import { sameBytes, testCodecContract } from './testing/codec-contract.ts';
import { float16Number, float16Reference } from './testing/float16-reference.ts';

const codec = codecOf({ kind: 'float16' });
testCodecContract(codec);

test('[CF3] float16 bytes are those of the plain reference: the nearest there is, and of two the even one', () => {
  // Any bits of a float32, and what lies on, or next to, the middle between two float16.
  const anyBits = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  const nearMiddles = fc
    .tuple(fc.nat(0x7bff), fc.integer({ min: -1, max: 1 }), fc.boolean())
    .map(([half, off, negative]) => {
      const middle = Float32Array.of((float16Number(half) + float16Number(half + 1)) / 2);
      return new Int32Array(middle.buffer)[0]! + off + (negative ? -(2 ** 31) : 0);
    });
  fc.assert(
    fc.property(fc.array(fc.oneof(anyBits, nearMiddles)), (words) => {
      const vector = new Float32Array(Int32Array.from(words).buffer);
      expect(sameBytes(codec.encode(vector, 0), float16Reference(vector))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('[CF3] each of the 65,536 float16 is read as the number that it is, and written as it was', () => {
  const halves = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
  const decoded = codec.decode(new Uint8Array(halves.buffer), 65_536) as Float32Array;
  expect(decoded.findIndex((x, bits) => !Object.is(x, float16Number(bits)))).toBe(-1);
  const again = new Uint16Array(codec.encode(decoded, 0).buffer);
  const isNaNOf = (bits: number) => (bits & 0x7fff) > 0x7c00;
  expect(again.findIndex((bits, i) => bits !== halves[i] && !isNaNOf(halves[i]!))).toBe(-1);
  expect(again.every((bits, i) => isNaNOf(bits) === isNaNOf(i))).toBe(true);
});

test('[CF4] a finite number stays finite: what is too large becomes the largest', () => {
  const vector = Float32Array.of(65_519, 65_520, 3.4e38, -1e5);
  expect([...(codec.decode(codec.encode(vector, 0), 4) as Float32Array)]).toEqual([
    FLOAT16_MAX,
    FLOAT16_MAX,
    FLOAT16_MAX,
    -FLOAT16_MAX,
  ]);
});
