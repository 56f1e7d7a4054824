import { assert } from '../assert.ts';

/** A vector as bytes, in its own memory. */
export function bytesOf(vector: Float32Array): Uint8Array {
  assertLittleEndian();
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

const hostIsLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * Vectors are viewed as bytes and words without swapping. Everything with a GPU and a browser is little endian; a
 * machine that is not stops here, before it sends a number that means another elsewhere.
 */
export function assertLittleEndian(): void {
  assert(hostIsLittleEndian, 'codec', 'this machine is big endian, and vectors travel little endian');
}
