import type { Codec } from './codec.ts';
import { assertLittleEndian, bytesOf } from './little-endian.ts';

/** Nothing in it is random. */
interface ExactCodec extends Codec {
  readonly name: 'float32';
  encode(vector: Float32Array): Uint8Array;
}

/**
 * Exact: 4 little-endian bytes an element, which is how the vector lies in memory. Nothing is copied, except bytes to
 * decode that do not start at a multiple of 4 in their buffer.
 */
export const float32Codec: ExactCodec = {
  name: 'float32',
  encodedBytes: (length) => length * Float32Array.BYTES_PER_ELEMENT,
  errorBound: () => 0,
  encode: bytesOf,
  decode(bytes, length) {
    assertLittleEndian();
    if (!Number.isInteger(length) || bytes.byteLength !== float32Codec.encodedBytes(length))
      return 'wrong-length';
    const aligned = bytes.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0;
    // Not bytes.slice(): a Node.js Buffer is a Uint8Array whose slice is a view.
    const { buffer, byteOffset } = aligned ? bytes : new Uint8Array(bytes);
    return new Float32Array(buffer, byteOffset, length);
  },
  decodeInto(vector, bytes) {
    if (bytes.byteLength !== vector.byteLength) return 'wrong-length';
    bytesOf(vector).set(bytes);
    return undefined;
  },
};
