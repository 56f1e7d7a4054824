/**
 * A codec writes a vector as bytes and reads it back within a stated error. Its size depends on the vector's length
 * alone, so a receiver knows how many bytes to expect before it takes any. A codec keeps nothing between calls: what a
 * lossy one loses, `error-feedback` adds to the next vector around it, with `encode` and `decode`.
 *
 * No codec hides a NaN or an infinity: a vector that holds one comes back as a vector that holds one, so that whoever
 * reads it can still refuse it.
 *
 * A new codec is a file here that passes `testing/codec-contract.ts`, a kind in `codec-spec.ts` and `codecs.ts`, and a code in
 * `protocol/frame`.
 */

import type { CodecSpec } from './codec-spec.ts';

export interface Codec {
  readonly name: CodecName;
  /** Bytes of a vector of this many elements. */
  encodedBytes(length: number): number;
  /** The greatest |decoded − given| of any element of this finite vector; 0 for a lossless codec. */
  errorBound(vector: Float32Array): number;
  /**
   * The vector as bytes, little endian. Whatever is random in them is a function of `seed`, an unsigned 32-bit number:
   * two vectors that are to be added take two seeds. Reads `vector` only, but the bytes may lie in its memory: whoever
   * still writes to one of the two copies first.
   */
  encode(vector: Float32Array, seed: number): Uint8Array;
  /**
   * The vector of `length` elements that the bytes hold, or why not. `length` is the receiver's own number, never one
   * that came with the bytes: no more than that many floats are allocated. Any bytes may come in and none make it throw.
   * Values are not looked at: whether they are finite is found on the way by whoever reads them next, because a pass
   * over memory costs as much as the sum itself. Takes `bytes` over: the vector may lie in their memory.
   */
  decode(bytes: Uint8Array, length: number): Float32Array | CodecRefusal;
  /**
   * The same for a vector that has a place already: fills it, whatever it held, and only reads the bytes. Or says why not,
   * and may leave it half filled.
   */
  decodeInto(vector: Float32Array, bytes: Uint8Array): CodecRefusal | undefined;
}

export type CodecName = CodecSpec['kind'];

export type CodecRefusal =
  /** As many bytes as no vector of this length has. */
  | 'wrong-length'
  /** Indices that are out of order, twice there, too few or past the end. */
  | 'wrong-indices';
