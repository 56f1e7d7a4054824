import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

test('[SF1] tensors come back with name, type, shape and bytes, and start at a multiple of 8', () => {
  const tensors = [
    {
      name: 'dense/kernel',
      dtype: 'F32',
      shape: [2, 1],
      bytes: new Uint8Array(Float32Array.of(1, -2).buffer),
    },
    { name: 'digits', dtype: 'U8', shape: [3], bytes: Uint8Array.of(1, 2, 3) },
  ] as const;
  const file = encodeSafetensors(tensors, { version: '1-4' });
  const back = decodeSafetensors(file);
  expect(back).toEqual(tensors);
  expect(typeof back !== 'string' && back[0]!.bytes.byteOffset % 8).toBe(0);
});

test('[SF2] a header that points past the end, or is no header, is told in one sentence', () => {
  const file = encodeSafetensors([{ name: 'a', dtype: 'U8', shape: [4], bytes: new Uint8Array(4) }]);
  expect(decodeSafetensors(file.subarray(0, -1))).toContain('tensor a');
  expect(decodeSafetensors(file.subarray(0, 12))).toContain('ends inside the header');
  expect(decodeSafetensors(new Uint8Array(3))).toContain('shorter');
});

test('[SF3] decoding any bytes never throws', () => {
  fc.assert(
    fc.property(fc.json(), fc.uint8Array({ maxLength: 32 }), (json, data) => {
      const header = new TextEncoder().encode(json);
      const file = new Uint8Array(8 + header.length + data.length);
      new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
      file.set(header, 8);
      file.set(data, 8 + header.length);
      decodeSafetensors(file);
      decodeSafetensors(data);
    }),
  );
});
