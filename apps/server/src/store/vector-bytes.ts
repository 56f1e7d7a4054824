/** Vectors as bytes, their hash, and back. */

import { createHash } from 'node:crypto';
import { float32Codec } from '@manyhands/core';

/** SHA-256 of the vectors' little-endian bytes, one behind the other, in hex. */
export function sha256Of(...vectors: readonly (Float32Array | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const vector of vectors) hash.update(bytesOf(vector));
  return hash.digest('hex');
}

/** A view of the vector's bytes; nothing is copied. */
export function bytesOf(vector: Float32Array | Uint8Array): Uint8Array {
  return vector instanceof Uint8Array ? vector : float32Codec.encode(vector);
}

/** The vector that the bytes hold, in memory of its own. */
export function vectorOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}
