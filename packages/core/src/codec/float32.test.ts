import { expect, test } from 'vitest';
import { float32Codec } from './float32.ts';
import { testCodecContract } from './testing/codec-contract.ts';

testCodecContract(float32Codec);

test('[CF1] float32 bytes are IEEE 754, little endian, to the bit: −0 and subnormals too', () => {
  const bytes = float32Codec.encode(Float32Array.of(1, -2, -0, 2 ** -149));
  expect([...bytes]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x80, 1, 0, 0, 0]);
  const decoded = float32Codec.decode(bytes, 4) as Float32Array;
  expect(Object.is(decoded[2], -0)).toBe(true);
  expect(decoded[3]).toBe(2 ** -149);
});

test('[CF2] nothing is copied, except to decode what is not aligned', () => {
  const vector = Float32Array.of(1, 2, 3);
  const bytes = float32Codec.encode(vector);
  expect(bytes.buffer).toBe(vector.buffer);
  expect((float32Codec.decode(bytes, 3) as Float32Array).buffer).toBe(vector.buffer);
  const unaligned = new Uint8Array(13).subarray(1);
  unaligned.set(bytes);
  const copied = float32Codec.decode(unaligned, 3) as Float32Array;
  expect(copied.buffer).not.toBe(unaligned.buffer);
  expect([...copied]).toEqual([1, 2, 3]);
});

test('[CF2] an unaligned Node.js Buffer, whose slice is a view, is copied too', () => {
  const pool = Buffer.alloc(9);
  pool.writeFloatLE(1.5, 1);
  pool.writeFloatLE(-2.5, 5);
  expect(float32Codec.decode(pool.subarray(1), 2)).toEqual(Float32Array.of(1.5, -2.5));
});

test('[CD4] half an element is no length, though its bytes can be counted', () => {
  expect(float32Codec.decode(new Uint8Array(2), 0.5)).toBe('wrong-length');
});
