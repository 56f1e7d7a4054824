/**
 * A disk that holds the newest checkpoint. A write takes its time and then replaces the old one whole; a write
 * that was under way when the server died is on the disk or is not, and nobody was told which.
 */

import type { Checkpoint, Random } from '@manyhands/core';
import type { Faults } from './fault.ts';
import type { Timeline } from './timeline.ts';

export class Disk {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #faults: Faults;
  #durable: Checkpoint | undefined;
  #writing: { readonly checkpoint: Checkpoint } | undefined;

  constructor(timeline: Timeline, random: Random, faults: Faults) {
    this.#timeline = timeline;
    this.#random = random;
    this.#faults = faults;
  }

  /** The newest checkpoint, or undefined on an empty disk. */
  read(): Checkpoint | undefined {
    return this.#durable;
  }

  /** Writes at once, as a server does that has not started yet. */
  replace(checkpoint: Checkpoint): void {
    this.#durable = checkpoint;
  }

  /** Calls back once, unless the server dies before. */
  write(checkpoint: Checkpoint, done: (durable: boolean) => void): void {
    const writing = { checkpoint };
    this.#writing = writing;
    const fails = this.#faults.has('disk') && this.#random.fraction() < FAILURES;
    this.#timeline.after(WRITE_MIN_MS + this.#random.fraction() * WRITE_SPREAD_MS, () => {
      if (this.#writing !== writing) return;
      this.#writing = undefined;
      if (!fails) this.#durable = checkpoint;
      done(!fails);
    });
  }

  /** The server dies. */
  crash(): void {
    if (this.#writing !== undefined && this.#random.fraction() < 0.5) {
      this.#durable = this.#writing.checkpoint;
    }
    this.#writing = undefined;
  }
}

const FAILURES = 0.3;
const WRITE_MIN_MS = 5;
const WRITE_SPREAD_MS = 300;
