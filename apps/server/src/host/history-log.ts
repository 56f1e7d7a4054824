/** A run's history on its way: to the pages with the next live view, to the disk with the next checkpoint. */

import type { HistoryPoint } from '@manyhands/protocol';

export class HistoryLog {
  #next: number;
  #unsent: HistoryPoint[] = [];
  #unsaved: HistoryPoint[] = [];

  constructor(savedLength: number, recovered: boolean) {
    // What was seen of the lost incarnation may have gone further than the disk: no number names two points.
    this.#next = savedLength + (recovered ? UNSAVED_MAX : 0);
  }

  append(entry: HistoryPoint['entry'], at: number): void {
    const point = { index: this.#next++, at, entry };
    this.#unsent.push(point);
    this.#unsaved.push(point);
    if (this.#unsaved.length > UNSAVED_MAX) this.#unsaved.splice(0, UNSAVED_MAX / 2);
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
  }
}

const LONG = 1_000;
/** While the disk refuses, more than this is not kept: the oldest half is lost. */
const UNSAVED_MAX = 10_000;
