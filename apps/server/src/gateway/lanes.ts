/**
 * New parameters go to everybody, and writing to ten thousand sockets in one go would hold up every other message for
 * half a second. So volunteers stand in lanes of 64: a broadcast is encoded once a lane and takes one lane a turn of the
 * event loop.
 *
 * On a slow line a long frame holds up everything behind it, pings too. So long frames go to those only who have found their
 * lines fast enough and said so, and none to a socket where more than a chunk still waits to leave: whoever is passed over
 * fetches the version over HTTP once a lease asks for it. So no more waits for any socket than one frame and a chunk.
 *
 * What a volunteer is told after the broadcast waits for its lane, so that no lease comes before its parameters.
 */

import type { VolunteerId } from '@manyhands/core';
import { LIMITS } from '@manyhands/protocol';
import { bytesWaiting, type Io, type IoSocket } from './io.ts';

/** A volunteer's place; `tell` keeps the order with the broadcasts before it. */
export interface Place {
  tell(send: () => void): void;
  /** Long frames are welcome, too. */
  subscribe(): void;
  leave(): void;
}

export class Lanes {
  readonly #io: Io;
  readonly #lanes: Lane[] = [];
  #draining = false;

  constructor(io: Io) {
    this.#io = io;
  }

  enter(volunteer: VolunteerId, socket: IoSocket): Place {
    const lane = this.#laneWithRoom();
    const stand: Stand = { socket, subscribed: false };
    lane.stands.set(volunteer, stand);
    void socket.join(lane.room);
    return {
      tell(send) {
        if (lane.queue.length === 0) send();
        else lane.queue.push(send);
      },
      subscribe() {
        stand.subscribed = true;
      },
      leave() {
        lane.stands.delete(volunteer);
        void socket.leave(lane.room);
      },
    };
  }

  /** Sends a frame to everybody, and calls back with the bytes that each lane took. */
  broadcast(frame: ArrayBuffer, sent: (bytes: number) => void): void {
    for (const lane of this.#lanes) {
      lane.queue.push(() => {
        const passedOver = [...lane.stands.values()].filter((stand) => !takes(stand, frame));
        const takers = lane.stands.size - passedOver.length;
        if (takers === 0) return;
        const rooms = this.#io.to(lane.room).except(passedOver.map(({ socket }) => socket.id));
        rooms.emit('params', frame);
        sent(frame.byteLength * takers);
      });
    }
    this.#drain();
  }

  #drain(): void {
    if (this.#draining) return;
    const lane = this.#lanes.find(({ queue }) => queue.length > 0);
    if (lane === undefined) return;
    for (const send of lane.queue.splice(0)) send();
    this.#draining = true;
    setImmediate(() => {
      this.#draining = false;
      this.#drain();
    });
  }

  #laneWithRoom(): Lane {
    let lane = this.#lanes.find(({ stands }) => stands.size < LANE_SOCKETS_MAX);
    if (lane === undefined) {
      lane = { room: `lane ${this.#lanes.length}`, stands: new Map(), queue: [] };
      this.#lanes.push(lane);
    }
    return lane;
  }
}

interface Stand {
  readonly socket: IoSocket;
  subscribed: boolean;
}

function takes({ socket, subscribed }: Stand, { byteLength }: ArrayBuffer): boolean {
  return bytesWaiting(socket) <= LIMITS.chunkBytes && (subscribed || byteLength <= LIMITS.chunkBytes);
}

interface Lane {
  readonly room: string;
  readonly stands: Map<VolunteerId, Stand>;
  /** What waits to be sent, in order. */
  readonly queue: (() => void)[];
}

const LANE_SOCKETS_MAX = 64;
