/**
 * What lossy codecs have in common: each is a way of *writing*, over memory that somebody else owns. So two ways can lie
 * one behind the other in the same bytes, and the vector is written once, into its last place.
 */

import type { Codec, CodecName, CodecRefusal } from './codec.ts';
import { bytesOf } from './little-endian.ts';

export interface Writing {
  encodedBytes(length: number): number;
  errorBound(vector: Float32Array): number;
  /** Fills `bytes`, which are zeros and as long as `encodedBytes` says. */
  write(vector: Float32Array, seed: number, bytes: Uint8Array): void;
  /** Fills `vector`, whatever it held, from bytes of its length; or says why not, and leaves it half filled. */
  read(bytes: Uint8Array, vector: Float32Array): CodecRefusal | undefined;
}

export function lossyCodec(name: CodecName, writing: Writing): Codec {
  return {
    name,
    encodedBytes: (length) => writing.encodedBytes(length),
    errorBound: (vector) => writing.errorBound(vector),
    encode(vector, seed) {
      const bytes = new Uint8Array(writing.encodedBytes(vector.length));
      writing.write(vector, seed, bytes);
      return bytes;
    },
    decode(bytes, length) {
      const isLength = Number.isSafeInteger(length) && length >= 0;
      if (!isLength || bytes.byteLength !== writing.encodedBytes(length)) return 'wrong-length';
      const vector = new Float32Array(length);
      return writing.read(bytes, vector) ?? vector;
    },
    decodeInto(vector, bytes) {
      if (bytes.byteLength !== writing.encodedBytes(vector.length)) return 'wrong-length';
      return writing.read(bytes, vector);
    },
  };
}

/**
 * The last `elements` of a vector exactly, as float32, behind the others. Of a contribution those are the sums that are
 * no gradient: a loss that was left out because gradients are larger would be no loss.
 */
export function withExactTail(writing: Writing, elements: number): Writing {
  const headOf = (length: number) => Math.max(0, length - elements);
  return {
    encodedBytes: (length) => writing.encodedBytes(headOf(length)) + 4 * (length - headOf(length)),
    errorBound: (vector) => writing.errorBound(vector.subarray(0, headOf(vector.length))),
    write(vector, seed, bytes) {
      const head = headOf(vector.length);
      const tailAt = writing.encodedBytes(head);
      writing.write(vector.subarray(0, head), seed, bytes.subarray(0, tailAt));
      bytes.set(bytesOf(vector.subarray(head)), tailAt);
    },
    read(bytes, vector) {
      const head = headOf(vector.length);
      const tailAt = writing.encodedBytes(head);
      bytesOf(vector.subarray(head)).set(bytes.subarray(tailAt));
      return writing.read(bytes.subarray(0, tailAt), vector.subarray(0, head));
    },
  };
}
