/**
 * New parameters, or what makes them out of the last ones, go to everybody, and writing to ten thousand sockets in one go would hold up every other message for
 * half a second, as would writing a long frame to a hundred. So volunteers stand in a queue: a turn of the event loop
 * serves as many of them as come to so many bytes, 64 at most, and encodes the frame once for them.
 *
 * On a slow line a long frame holds up everything behind it, pings too. So long frames go to those only who have found their
 * lines fast enough and said so, and none to a socket where more than a chunk still waits to leave: whoever is passed over
 * fetches the version over HTTP once a lease asks for it. So no more waits for any socket than one frame and a chunk.
 *
 * What a volunteer is told after the broadcast waits for its turn, so that no lease comes before its parameters.
 */

import { LIMITS } from '@manyhands/protocol';
import { bytesWaiting, type Io, type IoSocket } from './io.ts';

/** A volunteer's place; `tell` keeps the order with the broadcasts before it. */
export interface Place {
  tell(send: () => void): void;
  /** Long frames are welcome, too. */
  subscribe(): void;
  leave(): void;
}

export class Broadcasts {
  readonly #io: Io;
  readonly #stands = new Set<Stand>();
  /** Those whom something waits for, whose turn is next first. */
  #due: Stand[] = [];
  #turning = false;

  constructor(io: Io) {
    this.#io = io;
  }

  enter(socket: IoSocket): Place {
    const stand: Stand = { socket, subscribed: false, waiting: [] };
    this.#stands.add(stand);
    return {
      tell(send) {
        if (stand.waiting.length === 0) send();
        else stand.waiting.push(send);
      },
      subscribe() {
        stand.subscribed = true;
      },
      leave: () => void this.#stands.delete(stand),
    };
  }

  /** Sends a frame to everybody, and calls back with the bytes that each turn took. */
  send(frame: ArrayBuffer, sent: (bytes: number) => void): void {
    const broadcast: Broadcast = { frame, sent };
    for (const stand of this.#stands) {
      if (stand.waiting.length === 0) this.#due.push(stand);
      stand.waiting.push(broadcast);
    }
    if (!this.#turning) this.#turn();
  }

  #turn(): void {
    const broadcast = this.#due[0]?.waiting[0] as Broadcast | undefined;
    this.#turning = broadcast !== undefined;
    if (broadcast === undefined) return;
    const { served, takers } = this.#servedWith(broadcast);
    if (takers.length > 0) {
      this.#io.to(takers.map(({ socket }) => socket.id)).emit('params', broadcast.frame);
      broadcast.sent(broadcast.frame.byteLength * takers.length);
    }
    for (const stand of served) {
      stand.waiting.shift();
      while (typeof stand.waiting[0] === 'function') (stand.waiting.shift() as () => void)();
      if (stand.waiting.length > 0) this.#due.push(stand);
    }
    setImmediate(() => this.#turn());
  }

  /** The first of those who are due, as many as wait for this and one turn can serve; and who of them takes it. */
  #servedWith(broadcast: Broadcast): {
    readonly served: readonly Stand[];
    readonly takers: readonly Stand[];
  } {
    const takersMax = Math.max(1, Math.floor(TURN_BYTES / broadcast.frame.byteLength));
    const takers: Stand[] = [];
    let count = 0;
    for (const stand of this.#due) {
      if (stand.waiting[0] !== broadcast || count === TURN_SOCKETS_MAX || takers.length === takersMax) break;
      count++;
      if (this.#stands.has(stand) && takes(stand, broadcast.frame)) takers.push(stand);
    }
    return { served: this.#due.splice(0, count), takers };
  }
}

interface Broadcast {
  readonly frame: ArrayBuffer;
  readonly sent: (bytes: number) => void;
}

interface Stand {
  readonly socket: IoSocket;
  subscribed: boolean;
  /** Broadcasts, and what is told after them; the first is a broadcast. */
  readonly waiting: (Broadcast | (() => void))[];
}

function takes({ socket, subscribed }: Stand, { byteLength }: ArrayBuffer): boolean {
  return bytesWaiting(socket) <= LIMITS.chunkBytes && (subscribed || byteLength <= LIMITS.chunkBytes);
}

const TURN_SOCKETS_MAX = 64;

/** Written in some milliseconds. */
const TURN_BYTES = 4 * 2 ** 20;
