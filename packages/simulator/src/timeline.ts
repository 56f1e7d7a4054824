/** Virtual time: a clock that jumps to whatever is due next, so that an hour of waiting costs nothing. */

export class Timeline {
  readonly #heap: Due[] = [];
  #nowMs = 0;
  #order = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Acts are performed in the order of their times, and at one time in the order in which they were asked for. */
  at(dueMs: number, act: () => void): void {
    const due: Due = { dueMs: Math.max(dueMs, this.#nowMs), order: this.#order++, act };
    const heap = this.#heap;
    let hole = heap.push(due) - 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!before(due, heap[parent]!)) break;
      heap[hole] = heap[parent]!;
      hole = parent;
    }
    heap[hole] = due;
  }

  after(delayMs: number, act: () => void): void {
    this.at(this.#nowMs + delayMs, act);
  }

  /** Performs what is due next; false when nothing is left to do. */
  next(): boolean {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return false;
    if (last !== first) this.#sink(last);
    this.#nowMs = first.dueMs;
    first.act();
    return true;
  }

  /** Puts `due` where the first was and lets it down to its place. */
  #sink(due: Due): void {
    const heap = this.#heap;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, due)) break;
      heap[hole] = heap[child]!;
      hole = child;
    }
    heap[hole] = due;
  }
}

interface Due {
  readonly dueMs: number;
  readonly order: number;
  readonly act: () => void;
}

function before(a: Due, b: Due): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
