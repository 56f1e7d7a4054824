/**
 * What crosses the wire for the mathematics: contributions up, parameters down, over sockets and HTTP. Samples and pages are not
 * counted. What was never sent is, as far as volunteers say so.
 */

import type { JobView } from '@manyhands/protocol';

export class Traffic {
  #up = 0;
  #down = 0;
  #residualsLost = 0;
  /** Where the job stood when counting began. */
  #stepAtStart: number | undefined;

  get up(): number {
    return this.#up;
  }

  get down(): number {
    return this.#down;
  }

  get residualsLost(): number {
    return this.#residualsLost;
  }

  residualsWereLost(count: number): void {
    this.#residualsLost += count;
  }

  contributionCame(bytes: number): void {
    this.#up += bytes;
  }

  parametersWent(bytes: number): void {
    this.#down += bytes;
  }

  /** Bytes for each sample of the batches that have become versions since; null before the first has. */
  perSample({ step, batchSamples }: Pick<JobView, 'step' | 'batchSamples'>): JobView['traffic'] {
    this.#stepAtStart ??= step;
    const samples = (step - this.#stepAtStart) * batchSamples;
    return samples > 0 ? { up: this.#up / samples, down: this.#down / samples } : null;
  }
}
