/**
 * New parameters go to everybody, and writing to ten thousand sockets in one go would hold up every other message for
 * half a second. So volunteers stand in lanes of 64: a broadcast is encoded once a lane and takes one lane a turn of the
 * event loop. What a volunteer is told after the broadcast waits for its lane, so that no lease comes before its parameters.
 */

import type { VolunteerId } from '@manyhands/core';
import { type Io, type IoSocket, packetsWaiting } from './io.ts';

/** A volunteer's place; `tell` keeps the order with the broadcasts before it. */
export interface Place {
  tell(send: () => void): void;
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
    lane.sockets.set(volunteer, socket);
    void socket.join(lane.room);
    return {
      tell(send) {
        if (lane.queue.length === 0) send();
        else lane.queue.push(send);
      },
      leave() {
        lane.sockets.delete(volunteer);
        void socket.leave(lane.room);
      },
    };
  }

  /** Sends a frame to everybody, and calls back with the bytes that each lane took. */
  broadcast(frame: ArrayBuffer, sent: (bytes: number) => void): void {
    for (const lane of this.#lanes) {
      lane.queue.push(() => {
        if (lane.sockets.size === 0) return;
        const late = [...lane.sockets.values()].filter(
          (socket) => packetsWaiting(socket) > PACKETS_WAITING_MAX,
        );
        // Who cannot keep up fetches the version over HTTP once a lease asks for it; memory stays bounded.
        const rooms = this.#io.to(lane.room).except(late.map(({ id }) => id));
        rooms.emit('params', frame);
        sent(frame.byteLength * (lane.sockets.size - late.length));
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
    let lane = this.#lanes.find(({ sockets }) => sockets.size < LANE_SOCKETS_MAX);
    if (lane === undefined) {
      lane = { room: `lane ${this.#lanes.length}`, sockets: new Map(), queue: [] };
      this.#lanes.push(lane);
    }
    return lane;
  }
}

interface Lane {
  readonly room: string;
  readonly sockets: Map<VolunteerId, IoSocket>;
  /** What waits to be sent, in order. */
  readonly queue: (() => void)[];
}

const LANE_SOCKETS_MAX = 64;
/** About sixteen rounds. */
const PACKETS_WAITING_MAX = 64;
