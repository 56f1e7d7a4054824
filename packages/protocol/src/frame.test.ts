import { encodedBytesMax } from '@manyhands/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeFrame, encodeFrame, FINGERPRINT_BYTES, FRAME_HEADER_BYTES, type Frame } from './frame.ts';

const frame: Frame = {
  kind: 'contribution',
  codec: 'float32',
  version: { incarnation: 3, step: 41 },
  lease: 17,
  samples: 128,
  computeMs: 250,
  elements: 3,
  body: new Uint8Array(Float32Array.of(1, 2, 3).buffer),
};

/** The frame with one part of its bytes replaced. */
function broken(at: number, value: number): Uint8Array {
  const bytes = encodeFrame(frame);
  bytes[at] = value;
  return bytes;
}

test('[FR1] a frame comes back as it was sent, its body a view at a multiple of 8', () => {
  const bytes = encodeFrame(frame);
  const back = decodeFrame(bytes);
  expect(back).toEqual(frame);
  expect(
    typeof back === 'object' && back.body.buffer === bytes.buffer && back.body.byteOffset % 8 === 0,
  ).toBe(true);
});

test('[FR2] each way to be no frame has its own refusal', () => {
  expect(decodeFrame(new Uint8Array(FRAME_HEADER_BYTES - 1))).toBe('frame-too-short');
  expect(decodeFrame(broken(0, 0))).toBe('frame-magic');
  expect(decodeFrame(broken(4, 9))).toBe('frame-kind');
  expect(decodeFrame(broken(5, 9))).toBe('frame-codec');
  expect(decodeFrame(broken(6, 1))).toBe('frame-codec');
  expect(decodeFrame(broken(24, 2))).toBe('frame-length');
  expect(decodeFrame(encodeFrame(frame).subarray(0, -1))).toBe('frame-length');
});

test('[FR4] a frame names its codec, and its body is no longer than that can make it', () => {
  const bytesOfThree = { float16: 6, int8: 7, 'top-k': 10 } as const;
  for (const codec of ['float16', 'int8', 'top-k'] as const) {
    const lossy = { ...frame, codec, body: new Uint8Array(bytesOfThree[codec]) };
    expect(decodeFrame(encodeFrame(lossy))).toEqual(lossy);
    const tooLong = { ...lossy, body: new Uint8Array(encodedBytesMax(codec, 3) + 1) };
    expect(decodeFrame(encodeFrame(tooLong))).toBe('frame-length');
  }
});

test('[FR5] an update is a fingerprint and a vector, neither cut short nor longer than its codec can make it', () => {
  const update = { ...frame, kind: 'update', codec: 'float16', body: new Uint8Array(8 + 6) } as const;
  expect(decodeFrame(encodeFrame(update))).toEqual(update);
  for (const bytes of [7, 8 + encodedBytesMax('float16', 3) + 1]) {
    expect(decodeFrame(encodeFrame({ ...update, body: new Uint8Array(bytes) }))).toBe('frame-length');
  }
});

test('[FR3] decoding any bytes never throws', () => {
  const start = encodeFrame(frame).subarray(0, FRAME_HEADER_BYTES);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 96 }), fc.nat(FRAME_HEADER_BYTES), (noise, keep) => {
      const bytes = new Uint8Array(keep + noise.length);
      bytes.set(start.subarray(0, keep));
      bytes.set(noise, keep);
      const back = decodeFrame(bytes);
      if (typeof back === 'string') return;
      const { kind, codec, body, elements } = back;
      const encoded = body.byteLength - (kind === 'update' ? FINGERPRINT_BYTES : 0);
      expect(encoded).toBeLessThanOrEqual(encodedBytesMax(codec, elements));
      if (codec === 'float32') expect(encoded).toBe(elements * 4);
    }),
  );
});
