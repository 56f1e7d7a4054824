/** What every codec promises. A new one passes this suite before anything else. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Codec } from '../codec.ts';

export function testCodecContract(codec: Codec): void {
  const finite = fc.float32Array({ noNaN: true, noDefaultInfinity: true, maxLength: 300 });

  describe(`codec contract: ${codec.name}`, () => {
    test('[CD1] a vector comes back as long as it was, within the stated error', () => {
      fc.assert(
        fc.property(finite, (vector) => {
          const bound = codec.errorBound(vector);
          const decoded = decodedOf(codec, codec.encode(vector.slice()), vector.length);
          expect(decoded.length).toBe(vector.length);
          decoded.forEach((x, i) => {
            expect(Math.abs(x - vector[i]!)).toBeLessThanOrEqual(bound);
          });
        }),
      );
    });

    test('[CD2] the length alone says how many bytes there are, and the same vector gives the same ones', () => {
      fc.assert(
        fc.property(finite, (vector) => {
          const bytes = codec.encode(vector.slice());
          expect(bytes.byteLength).toBe(codec.encodedBytes(vector.length));
          expect(bytes).toEqual(codec.encode(vector.slice()));
        }),
      );
    });

    test('[CD3] any bytes and any length give a vector of that length or a refusal, and never throw', () => {
      const lengths = fc.oneof(fc.nat(40), fc.constantFrom(-1, 0.5, Number.NaN, Infinity, 2 ** 53));
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 160 }), lengths, (bytes, length) => {
          const decoded = codec.decode(bytes, length);
          if (typeof decoded === 'string') return;
          expect(decoded.length).toBe(length);
        }),
      );
    });

    test('[CD4] another number of bytes is refused as wrong-length', () => {
      fc.assert(
        fc.property(fc.nat(40), fc.integer({ min: -8, max: 8 }), (length, off) => {
          fc.pre(off !== 0 && codec.encodedBytes(length) + off >= 0);
          const bytes = new Uint8Array(codec.encodedBytes(length) + off);
          expect(codec.decode(bytes, length)).toBe('wrong-length');
        }),
      );
    });

    test('[CD6] neither direction writes to what it was given', () => {
      fc.assert(
        fc.property(finite, (vector) => {
          const given = vector.slice();
          const bytes = codec.encode(given);
          expect(given).toEqual(vector);
          const before = bytes.slice();
          codec.decode(bytes, vector.length);
          expect(bytes).toEqual(before);
        }),
      );
    });

    test('[CD7] it does not matter where in a larger buffer vector and bytes lie', () => {
      fc.assert(
        fc.property(finite, fc.nat(3), fc.nat(9), (vector, elementsBefore, bytesBefore) => {
          const inside = new Float32Array(vector.length + 7).subarray(
            elementsBefore,
            elementsBefore + vector.length,
          );
          inside.set(vector);
          const bytes = codec.encode(inside);
          const shifted = new Uint8Array(bytes.length + 16).subarray(bytesBefore, bytesBefore + bytes.length);
          shifted.set(bytes);
          expect(decodedOf(codec, shifted, vector.length)).toEqual(
            decodedOf(codec, codec.encode(vector.slice()), vector.length),
          );
        }),
      );
    });
  });
}

function decodedOf(codec: Codec, bytes: Uint8Array, length: number): Float32Array {
  const decoded = codec.decode(bytes, length);
  if (typeof decoded === 'string') throw new Error(`${codec.name} refused its own bytes: ${decoded}`);
  return decoded;
}
