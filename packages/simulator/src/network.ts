/**
 * Lines with latency and bandwidth, and what can happen on them. A calm line keeps the order of its messages. Faults
 * are those of datagrams and therefore harsher than those of a socket, which loses nothing while it lives: whatever
 * must be true here is true there.
 */

import type { Random } from '@manyhands/core';
import type { Fault, Faults } from './fault.ts';
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

interface Packet<Message> {
  /** Of those on its line. */
  readonly number: number;
  readonly message: Message;
}

export class Network {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #loss: number;
  readonly #duplicates: number;
  readonly #detours: number;
  /** Messages that came after one that was sent later on their line. */
  overtaken = 0;

  constructor(timeline: Timeline, random: Random, faults: Faults) {
    const chance = (fault: Fault, probability: number) => (faults.has(fault) ? probability : 0);
    this.#timeline = timeline;
    this.#random = random;
    this.#loss = chance('loss', LOSS);
    this.#duplicates = chance('duplicate', DUPLICATES);
    this.#detours = chance('reorder', DETOURS);
  }

  /** A pipe that ends in `deliver`, where a message may arrive late, twice, or never. */
  pipe<Message>(
    line: Line,
    bytesOf: (message: Message) => number,
    deliver: (message: Message) => void,
  ): Pipe<Message> {
    const timeline = this.#timeline;
    let sentAtMs = 0;
    let sent = 0;
    let newest = 0;
    const arrive = ({ number, message }: Packet<Message>) => {
      if (timeline.nowMs < line.cutUntilMs) return;
      if (number < newest) this.overtaken++;
      newest = Math.max(newest, number);
      deliver(message);
    };
    return (message) => {
      const packet = { number: ++sent, message };
      sentAtMs = Math.max(sentAtMs, timeline.nowMs) + bytesOf(message) / line.bytesPerMs;
      for (let copy = this.#copies(); copy > 0; copy--) {
        timeline.at(sentAtMs + line.latencyMs + this.#detourMs(), arrive, packet);
      }
    };
  }

  #copies(): number {
    if (this.#strikes(this.#loss)) return 0;
    return this.#strikes(this.#duplicates) ? 2 : 1;
  }

  #detourMs(): number {
    return this.#strikes(this.#detours) ? this.#random.fraction() * DETOUR_MAX_MS : 0;
  }

  #strikes(probability: number): boolean {
    return probability > 0 && this.#random.fraction() < probability;
  }
}

const LOSS = 0.03;
const DUPLICATES = 0.05;
const DETOURS = 0.2;
const DETOUR_MAX_MS = 1_500;
