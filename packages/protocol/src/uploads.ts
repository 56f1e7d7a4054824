/**
 * Sends long frames in chunks, one after another, with few of them on their way at a time. What a socket has taken it sends in
 * order, and a slow line may need minutes for one frame: the answer to a ping would wait behind all of it, and the server would
 * take the volunteer for lost. So it waits behind a window of chunks at most, and pulls and releases slip in between.
 *
 * The window belongs to the line and not to a frame: while the last chunks of one are on their way, the next begins.
 */

import { LIMITS } from './limits.ts';
import type { ChunkMessage } from './messages.ts';

/** Sends a chunk; `acknowledged` is called once, when the other side has taken it. */
export type SendChunk = (message: ChunkMessage, bytes: Uint8Array, acknowledged: () => void) => void;

export class Uploads {
  readonly #send: SendChunk;
  readonly #frames: Upload[] = [];
  #onTheWay = 0;

  constructor(send: SendChunk) {
    this.#send = send;
  }

  /** Sends a frame from this byte on. Takes the bytes over. */
  add(lease: number, bytes: Uint8Array, from: number): void {
    if (from >= bytes.byteLength) return;
    this.#frames.push({ lease, bytes, sent: from });
    this.#goOn();
  }

  /** The lease has ended: what is left of its frame is not sent. */
  end(lease: number): void {
    const at = this.#frames.findIndex((frame) => frame.lease === lease);
    if (at >= 0) this.#frames.splice(at, 1);
    this.#goOn();
  }

  #goOn(): void {
    for (;;) {
      const frame = this.#frames[0];
      if (frame === undefined || this.#onTheWay >= LIMITS.chunksOnTheWayMax) return;
      const { lease, bytes, sent: from } = frame;
      const chunk = bytes.subarray(from, from + LIMITS.chunkBytes);
      frame.sent += chunk.byteLength;
      if (frame.sent === bytes.byteLength) this.#frames.shift();
      this.#onTheWay++;
      this.#send({ lease, from }, chunk, () => {
        this.#onTheWay--;
        this.#goOn();
      });
    }
  }
}

interface Upload {
  readonly lease: number;
  readonly bytes: Uint8Array;
  /** Bytes that were sent, or were there before. */
  sent: number;
}
