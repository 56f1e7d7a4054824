/**
 * Frames that arrive in chunks, each in the buffer that it will be handed on in: room for a whole frame is made once, and its
 * length is the job's and not a stranger's word. Chunks come in order, so that one number says how far a frame has got, and
 * that is all that a volunteer must know to go on after its line was cut. Of each volunteer one frame is kept, the newest.
 *
 * Memory that a process has not touched yet is mapped page by page while it is written, which takes many times as long as the
 * copy. So the host gives back the buffers that it has done with, and the next frames are put into those.
 */

import type { VolunteerId } from '@manyhands/core';
import { type ChunkMessage, LIMITS, type Refusal } from '@manyhands/protocol';

export type ChunkRefusal = Extract<Refusal, 'chunk-place' | 'chunk-length' | 'chunks-full'>;

export class PartialFrames {
  readonly #frameBytes: number;
  readonly #framesMax: number;
  readonly #frames = new Map<VolunteerId, PartialFrame>();
  readonly #spare: ArrayBuffer[] = [];

  /** Every frame is `frameBytes` long; all that are kept are together no longer than `bytesMax`. */
  constructor(frameBytes: number, bytesMax: number) {
    this.#frameBytes = frameBytes;
    this.#framesMax = Math.floor(bytesMax / frameBytes);
  }

  /** The whole frame when this was its last chunk. A chunk that is refused takes its frame with it. */
  take(
    volunteer: VolunteerId,
    { lease, from }: ChunkMessage,
    chunk: Uint8Array,
  ): Uint8Array<ArrayBuffer> | 'more' | ChunkRefusal {
    const frame = this.#frames.get(volunteer);
    const isBegun = frame?.lease === lease;
    const refusal = this.#flaw(isBegun ? frame.received : 0, from, chunk.byteLength);
    if (refusal !== undefined || !isBegun) this.drop(volunteer);
    if (refusal !== undefined) return refusal;
    if (!isBegun && this.#frames.size >= this.#framesMax) return 'chunks-full';
    const { bytes } = isBegun ? frame : { bytes: this.#room() };
    bytes.set(chunk, from);
    const received = from + chunk.byteLength;
    if (received < this.#frameBytes) {
      this.#frames.set(volunteer, { lease, bytes, received });
      return 'more';
    }
    this.drop(volunteer);
    return bytes;
  }

  /** Bytes of the answer to this lease that are here. */
  received(volunteer: VolunteerId, lease: number): number {
    const frame = this.#frames.get(volunteer);
    return frame?.lease === lease ? frame.received : 0;
  }

  drop(volunteer: VolunteerId): void {
    this.#frames.delete(volunteer);
  }

  /** Takes over the buffer of a frame that was handed on and is needed no more. */
  reuse(buffer: ArrayBuffer): void {
    if (buffer.byteLength === this.#frameBytes && this.#spare.length < this.#framesMax)
      this.#spare.push(buffer);
  }

  /** Not filled with zeros: nobody sees it before all of it is written. */
  #room(): Uint8Array<ArrayBuffer> {
    const spare = this.#spare.pop();
    return spare === undefined ? Buffer.allocUnsafeSlow(this.#frameBytes) : new Uint8Array(spare);
  }

  /** Drops what nobody waits for any more. */
  sweep(isAwaited: (volunteer: VolunteerId, lease: number) => boolean): void {
    for (const [volunteer, { lease }] of this.#frames) {
      if (!isAwaited(volunteer, lease)) this.drop(volunteer);
    }
  }

  #flaw(received: number, from: number, length: number): ChunkRefusal | undefined {
    if (from !== received) return 'chunk-place';
    const due = Math.min(LIMITS.chunkBytes, this.#frameBytes - from);
    return length === due ? undefined : 'chunk-length';
  }
}

interface PartialFrame {
  readonly lease: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly received: number;
}
