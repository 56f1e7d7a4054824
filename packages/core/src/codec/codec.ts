/**
 * A codec writes a vector as bytes and reads it back within a stated error. Its size depends on the vector's length
 * alone, so a receiver knows how many bytes to expect before it takes any. A codec keeps nothing between calls: what a
 * lossy one loses, error feedback (Seide et al., 2014) adds to the next vector around it, with `encode` and `decode`.
 *
 * A new codec is a file here that passes `testing/codec-contract.ts` and a name in `CodecName`.
 */

export interface Codec {
  readonly name: CodecName;
  /** Bytes of a vector of this many elements. */
  encodedBytes(length: number): number;
  /** The greatest |decoded − given| of any element of this finite vector; 0 for a lossless codec. */
  errorBound(vector: Float32Array): number;
  /**
   * The vector as bytes, little endian. Reads `vector` only, but the bytes may lie in its memory: whoever still writes
   * to one of the two copies first.
   */
  encode(vector: Float32Array): Uint8Array;
  /**
   * The vector of `length` elements that the bytes hold, or why not. Any bytes may come in and none make it throw.
   * Values are not looked at: whether they are finite is found on the way by whoever reads them next, because a pass
   * over memory costs as much as the sum itself. Takes `bytes` over: the vector may lie in their memory.
   */
  decode(bytes: Uint8Array, length: number): Float32Array | CodecRefusal;
}

export type CodecName = 'float32';

/** As many bytes as no vector of this length has. */
export type CodecRefusal = 'wrong-length';
