/** A run's history on its way: to the pages with the next live view, to the disk with the next checkpoint. */

import type { HistoryPoint } from '@manyhands/protocol';
import { POINTS_MAX, thinned } from '../store/thinning.ts';

export class HistoryLog {
  #next: number;
  #numbersEnd: number;
  #unsent: HistoryPoint[] = [];
  #unsaved: HistoryPoint[] = [];

  /** `savedLength` is the number that the next point gets. */
  constructor(savedLength: number) {
    this.#next = savedLength;
    this.#numbersEnd = savedLength + NUMBERS_AHEAD_MAX;
  }

  append(entry: HistoryPoint['entry'], at: number): void {
    if (this.#next >= this.#numbersEnd) return;
    const point = { index: this.#next++, at, entry };
    this.#unsent.push(point);
    this.#unsaved.push(point);
    this.#thin();
  }

  /** What has not been sent before; it counts as sent from here on. */
  takeUnsent(): readonly HistoryPoint[] {
    const points = this.#unsent;
    this.#unsent = [];
    return points;
  }

  get unsaved(): readonly HistoryPoint[] {
    return this.#unsaved;
  }

  /** True when so much waits that it is written without a checkpoint. */
  get isLong(): boolean {
    return this.#unsaved.length >= LONG;
  }

  /** All that was unsaved is on the disk. */
  saved(): void {
    this.#unsaved = [];
    this.#numbersEnd = this.#next + NUMBERS_AHEAD_MAX;
  }

  /** What waits while the disk refuses is thinned as the disk's own would be. */
  #thin(): void {
    if (this.#unsaved.length <= POINTS_MAX) return;
    const gone = new Set(thinned(this.#unsaved.map(({ index, entry }) => ({ index, kind: entry.kind }))));
    this.#unsaved = this.#unsaved.filter(({ index }) => !gone.has(index));
  }
}

const LONG = 1_000;
/**
 * So many numbers are given out at most before they are on the disk; beyond them nothing is written down. A recovery leaps
 * over all of them: pages may have seen points that the disk has not, and no number names two points.
 */
export const NUMBERS_AHEAD_MAX = 100_000;
