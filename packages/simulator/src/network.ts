/**
 * Lines with latency and bandwidth, and what can happen on them. A calm line keeps the order of its messages. Faults
 * are those of datagrams and therefore harsher than those of a socket, which loses nothing while it lives: whatever
 * must be true here is true there.
 */

import type { Random } from '@manyhands/core';
import type { Faults } from './fault.ts';
import type { Timeline } from './timeline.ts';

/** How one volunteer is connected to the world; stays the same through all its connections. */
export interface Line {
  /** One way. */
  readonly latencyMs: number;
  readonly bytesPerMs: number;
  /** Until then nothing passes, in neither direction. */
  cutUntilMs: number;
}

/** One direction of one line. */
export type Pipe<Message> = (message: Message) => void;

export class Network {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #faults: Faults;

  constructor(timeline: Timeline, random: Random, faults: Faults) {
    this.#timeline = timeline;
    this.#random = random;
    this.#faults = faults;
  }

  /** A pipe that ends in `deliver`, where a message may arrive late, twice, or never. */
  pipe<Message>(
    line: Line,
    bytesOf: (message: Message) => number,
    deliver: (message: Message) => void,
  ): Pipe<Message> {
    let sentAtMs = 0;
    return (message) => {
      sentAtMs = Math.max(sentAtMs, this.#timeline.nowMs) + bytesOf(message) / line.bytesPerMs;
      for (let copy = this.#copies(); copy > 0; copy--) {
        const arriveAtMs = sentAtMs + line.latencyMs + this.#detourMs();
        this.#timeline.at(arriveAtMs, () => {
          if (this.#timeline.nowMs >= line.cutUntilMs) deliver(message);
        });
      }
    };
  }

  #copies(): number {
    if (this.#strikes('loss', LOSS)) return 0;
    return this.#strikes('duplicate', DUPLICATES) ? 2 : 1;
  }

  #detourMs(): number {
    return this.#strikes('reorder', DETOURS) ? this.#random.fraction() * DETOUR_MAX_MS : 0;
  }

  #strikes(fault: 'loss' | 'duplicate' | 'reorder', probability: number): boolean {
    return this.#faults.has(fault) && this.#random.fraction() < probability;
  }
}

const LOSS = 0.03;
const DUPLICATES = 0.05;
const DETOURS = 0.2;
const DETOUR_MAX_MS = 1_500;
