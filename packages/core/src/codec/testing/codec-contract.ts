/** What every codec promises. A new one passes this suite before anything else. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../random.ts';
import type { Codec } from '../codec.ts';

/** `title` tells settings of one codec apart. */
export function testCodecContract(codec: Codec, title: string = codec.name): void {
  const finite = fc.float32Array({ noNaN: true, noDefaultInfinity: true, maxLength: 300 });
  const seeds = fc.integer({ min: 0, max: 0xffffffff });
  const lengths = fc.oneof(fc.nat(40), fc.constantFrom(255, 256, 257, 4_095, 4_096, 4_097, 9_000));

  describe(`codec contract: ${title}`, () => {
    test('[CD1] a vector comes back as long as it was, within the stated error', () => {
      const comesBack = (vector: Float32Array, seed: number) => {
        const bound = codec.errorBound(vector);
        const decoded = decodedOf(codec, codec.encode(vector.slice(), seed), vector.length);
        expect(decoded.length).toBe(vector.length);
        expect(decoded.findIndex((x, i) => !(Math.abs(x - vector[i]!) <= bound))).toBe(-1);
      };
      fc.assert(fc.property(finite, seeds, comesBack));
      fc.assert(
        fc.property(lengths, seeds, (length, seed) => comesBack(vectorOf(length, seed), seed)),
        { numRuns: 30 },
      );
    });

    test('[CD2] the length alone says how many bytes there are, and the same vector and seed give the same ones', () => {
      fc.assert(
        fc.property(lengths, seeds, (length, seed) => {
          const vector = vectorOf(length, seed);
          const bytes = codec.encode(vector.slice(), seed);
          expect(bytes.byteLength).toBe(codec.encodedBytes(length));
          expect(sameBytes(bytes, codec.encode(vector.slice(), seed))).toBe(true);
        }),
      );
    });

    test('[CD3] any bytes and any length give a vector of that length or a refusal, and never throw', () => {
      const lengths = fc.oneof(fc.nat(40), fc.constantFrom(-1, 0.5, Number.NaN, Infinity, 2 ** 53));
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 160 }), lengths, (bytes, length) => {
          expectVectorOrRefusal(codec.decode(bytes, length), length);
        }),
      );
    });

    test('[CD3] nor do noise of the right length and an encoding that was spoiled', () => {
      fc.assert(
        fc.property(lengths, seeds, fc.array(fc.tuple(fc.nat(), fc.nat(255))), (length, seed, changes) => {
          const random = createRandom(seed);
          const noise = new Uint8Array(codec.encodedBytes(length)).map(() => random.below(256));
          const spoiled = codec.encode(vectorOf(length, seed), seed);
          for (const [at, byte] of changes) if (spoiled.length > 0) spoiled[at % spoiled.length] = byte;
          expectVectorOrRefusal(codec.decode(noise, length), length);
          expectVectorOrRefusal(codec.decode(spoiled, length), length);
        }),
      );
    });

    test('[CD4] another number of bytes is refused as wrong-length', () => {
      fc.assert(
        fc.property(lengths, fc.integer({ min: -8, max: 8 }), (length, off) => {
          fc.pre(off !== 0 && codec.encodedBytes(length) + off >= 0);
          const bytes = new Uint8Array(codec.encodedBytes(length) + off);
          bytes.set(codec.encode(vectorOf(length, 1), 1).subarray(0, bytes.length));
          expect(codec.decode(bytes, length)).toBe('wrong-length');
          expect(codec.decodeInto(new Float32Array(length), bytes)).toBe('wrong-length');
        }),
      );
    });

    test('[CD6] neither direction writes to what it was given', () => {
      fc.assert(
        fc.property(finite, seeds, (vector, seed) => {
          const given = vector.slice();
          const bytes = codec.encode(given, seed);
          expect(given).toEqual(vector);
          const before = bytes.slice();
          codec.decodeInto(new Float32Array(vector.length).fill(7), bytes);
          expect(bytes).toEqual(before);
          codec.decode(bytes, vector.length);
          expect(bytes).toEqual(before);
        }),
      );
    });

    test('[CD7] it does not matter where in a larger buffer vector and bytes lie', () => {
      fc.assert(
        fc.property(finite, seeds, fc.nat(3), fc.nat(9), (vector, seed, elementsBefore, bytesBefore) => {
          const inside = new Float32Array(vector.length + 7).subarray(
            elementsBefore,
            elementsBefore + vector.length,
          );
          inside.set(vector);
          const bytes = codec.encode(inside, seed);
          const shifted = new Uint8Array(bytes.length + 16).subarray(bytesBefore, bytesBefore + bytes.length);
          shifted.set(bytes);
          expect(decodedOf(codec, shifted, vector.length)).toEqual(
            decodedOf(codec, codec.encode(vector.slice(), seed), vector.length),
          );
        }),
      );
    });

    test('[CD9] into memory that is handed in, whatever it held, a vector is read as into its own', () => {
      fc.assert(
        fc.property(lengths, seeds, (length, seed) => {
          const bytes = codec.encode(vectorOf(length, seed), seed);
          const room = new Float32Array(length + 3).fill(7).subarray(3);
          expect(codec.decodeInto(room, bytes)).toBeUndefined();
          const own = decodedOf(codec, bytes, length);
          expect(room.findIndex((x, i) => !Object.is(x, own[i]))).toBe(-1);
        }),
        { numRuns: 30 },
      );
    });

    test('[CD8] a NaN or an infinity, wherever it stands, comes back as a number that is not finite', () => {
      const notFinite = fc.constantFrom(Number.NaN, Infinity, -Infinity);
      fc.assert(
        fc.property(lengths, seeds, fc.nat(), notFinite, (length, seed, at, x) => {
          fc.pre(length > 0);
          const vector = vectorOf(length, seed);
          vector[at % length] = x;
          const decoded = decodedOf(codec, codec.encode(vector, seed), length);
          expect(decoded.every(Number.isFinite)).toBe(false);
        }),
      );
    });
  });
}

/** A vector as gradients are, and as they are not: of several scales, with zeros and equal elements, or extreme. */
export function vectorOf(length: number, seed: number): Float32Array {
  const random = createRandom(seed);
  const extremes = [0, -0, 2 ** -149, -(2 ** -127), 2 ** -126, 65_504, -65_520, 3.4e38, -3.4e38];
  const kind = random.below(4);
  const scale = 2 ** (random.below(40) - 30);
  return new Float32Array(length).map(() => {
    const even = 2 * random.fraction() - 1;
    switch (kind) {
      case 0:
        return scale * even;
      case 1:
        return scale * even ** 9;
      case 2:
        return scale * Math.round(3 * even);
      default:
        return random.below(4) === 0 ? extremes[random.below(extremes.length)]! : even;
    }
  });
}

/** Quicker than what shows a difference. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function expectVectorOrRefusal(decoded: ReturnType<Codec['decode']>, length: number): void {
  if (typeof decoded === 'string') expect(['wrong-length', 'wrong-indices']).toContain(decoded);
  else expect(decoded.length).toBe(length);
}

function decodedOf(codec: Codec, bytes: Uint8Array, length: number): Float32Array {
  const decoded = codec.decode(bytes, length);
  if (typeof decoded === 'string') throw new Error(`${codec.name} refused its own bytes: ${decoded}`);
  return decoded;
}
