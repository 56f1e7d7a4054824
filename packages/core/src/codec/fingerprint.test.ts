import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fingerprint } from './fingerprint.ts';

test('[FP1] the plain reference below is MurmurHash3_x86_128', () => {
  // SMHasher's verification value (main.cpp: "Murmur3C" 0xB3ECE62A): hash the keys {}, {0}, {0, 1}, … with seeds 256, 255, …,
  // then the 256 hashes with seed 0, and take the first four bytes.
  const hashes = Uint8Array.from(
    Array.from({ length: 256 }, (_, n) =>
      murmur3(
        Uint8Array.from({ length: n }, (_x, i) => i),
        256 - n,
      ),
    ).flat(),
  );
  const first = murmur3(hashes, 0).slice(0, 4);
  expect(first.reduceRight((word, byte) => word * 256 + byte, 0)).toBe(0xb3ece62a);
});

test('[FP1] a fingerprint is the first 64 bits of that reference, for any vector anywhere in a buffer', () => {
  const vectors = fc.float32Array({ maxLength: 70 });
  fc.assert(
    fc.property(vectors, fc.nat(3), (vector, before) => {
      const inside = new Float32Array(vector.length + 5).subarray(before, before + vector.length);
      inside.set(vector);
      const hash = murmur3(new Uint8Array(inside.slice().buffer), 0);
      // Two little-endian words, each written with its highest digit first.
      const hex = [...hash.slice(0, 4).reverse(), ...hash.slice(4, 8).reverse()];
      expect(fingerprint(inside)).toBe(hex.map((byte) => byte.toString(16).padStart(2, '0')).join(''));
    }),
  );
});

test('[FP2] one changed bit, one element more and two exchanged elements all change it', () => {
  const vector = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i));
  const seen = new Set([
    fingerprint(vector),
    fingerprint(vector.subarray(0, 999)),
    fingerprint(new Float32Array(1001)),
  ]);
  for (let bit = 0; bit < 32_000; bit++) {
    const words = new Uint32Array(vector.slice().buffer);
    words[bit >>> 5]! ^= 1 << (bit & 31);
    seen.add(fingerprint(new Float32Array(words.buffer)));
  }
  for (let i = 1; i < 1000; i++) {
    const exchanged = vector.slice();
    [exchanged[i - 1], exchanged[i]] = [exchanged[i]!, exchanged[i - 1]!];
    seen.add(fingerprint(exchanged));
  }
  expect(seen.size).toBe(3 + 32_000 + 999);
});

test('[FP3] −0 is other bytes than +0, and no elements are not one zero', () => {
  const prints = [Float32Array.of(0), Float32Array.of(-0), new Float32Array(), new Float32Array(2)].map(
    fingerprint,
  );
  expect(new Set(prints).size).toBe(4);
});

/** MurmurHash3_x86_128 byte by byte, in the order of its author's C++: the 16 bytes of the hash. */
function murmur3(key: Uint8Array, seed: number): number[] {
  const c = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93];
  const add = [0x561ccd1b, 0x0bcaa747, 0x96cd1c35, 0x32ac3b17];
  const wordRotation = [15, 16, 17, 18];
  const laneRotation = [19, 17, 15, 13];
  const u32 = (x: number) => x >>> 0;
  const times = (a: number, b: number) => Number((BigInt(a) * BigInt(b)) & 0xffffffffn);
  const rotl = (x: number, r: number) => u32((x << r) | (x >>> (32 - r)));
  const mixed = (word: number, lane: number) =>
    times(rotl(times(word, c[lane]!), wordRotation[lane]!), c[(lane + 1) % 4]!);
  const byteAt = (i: number) => key[i] ?? 0;
  const wordAt = (i: number) =>
    byteAt(i) + byteAt(i + 1) * 2 ** 8 + byteAt(i + 2) * 2 ** 16 + byteAt(i + 3) * 2 ** 24;

  const h = [seed, seed, seed, seed];
  const blocks = Math.floor(key.length / 16);
  for (let block = 0; block < blocks; block++) {
    for (let lane = 0; lane < 4; lane++) {
      h[lane] = u32(h[lane]! ^ mixed(wordAt(block * 16 + lane * 4), lane));
      h[lane] = u32(times(u32(rotl(h[lane]!, laneRotation[lane]!) + h[(lane + 1) % 4]!), 5) + add[lane]!);
    }
  }
  for (let lane = 0; lane < 4; lane++) h[lane] = u32(h[lane]! ^ mixed(wordAt(blocks * 16 + lane * 4), lane));
  for (let lane = 0; lane < 4; lane++) h[lane] = u32(h[lane]! ^ key.length);
  const addAll = () => {
    h[0] = u32(h[0]! + h[1]! + h[2]! + h[3]!);
    for (let lane = 1; lane < 4; lane++) h[lane] = u32(h[lane]! + h[0]!);
  };
  addAll();
  for (let lane = 0; lane < 4; lane++) {
    let x = h[lane]!;
    x = times(u32(x ^ (x >>> 16)), 0x85ebca6b);
    x = times(u32(x ^ (x >>> 13)), 0xc2b2ae35);
    h[lane] = u32(x ^ (x >>> 16));
  }
  addAll();
  return h.flatMap((word) => [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24]);
}
