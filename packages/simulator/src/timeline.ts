/**
 * Virtual time: a clock that jumps to whatever is due next, so that an hour of waiting costs nothing.
 *
 * Ten thousand volunteers keep a hundred thousand things in mind, nearly all of them for later. What is due within this
 * stretch of time is in a heap, small enough for the processor's cache; what is due after it only lies in the pile of
 * its own stretch (a calendar queue: Brown, 1988).
 */

export class Timeline {
  /** What is due in this stretch or before: a binary heap. */
  readonly #soon: Due[] = [];
  readonly #later = new Map<number, Due[]>();
  #stretch = 0;
  #nowMs = 0;
  #order = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Acts are performed in the order of their times, and at one time in the order in which they were asked for. */
  at(dueMs: number, act: () => void): void;
  /** What is done to many subjects needs no function for each of them. */
  at<Subject>(dueMs: number, act: (subject: Subject) => void, subject: Subject): void;
  at<Subject>(dueMs: number, act: (subject: Subject | undefined) => void, subject?: Subject): void {
    const due: Due<Subject> = { dueMs: Math.max(dueMs, this.#nowMs), order: this.#order++, act, subject };
    const stretch = Math.floor(due.dueMs / STRETCH_MS);
    if (stretch <= this.#stretch) return this.#rise(due);
    const pile = this.#later.get(stretch);
    if (pile === undefined) this.#later.set(stretch, [due]);
    else pile.push(due);
  }

  after(delayMs: number, act: () => void): void {
    this.at(this.#nowMs + delayMs, act);
  }

  /** Performs what is due next; false when nothing is left to do. */
  next(): boolean {
    while (this.#soon.length === 0) {
      if (this.#later.size === 0) return false;
      const pile = this.#later.get(++this.#stretch);
      if (pile === undefined) continue;
      this.#later.delete(this.#stretch);
      for (const due of pile) this.#rise(due);
    }
    const first = this.#soon[0]!;
    const last = this.#soon.pop()!;
    if (last !== first) this.#sink(last);
    this.#nowMs = first.dueMs;
    first.act(first.subject);
    return true;
  }

  /** Puts `due` at the end of the heap and lets it up to its place. */
  #rise(due: Due): void {
    const heap = this.#soon;
    let hole = heap.push(due) - 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!before(due, heap[parent]!)) break;
      heap[hole] = heap[parent]!;
      hole = parent;
    }
    heap[hole] = due;
  }

  /** Puts `due` where the first was and lets it down to its place. */
  #sink(due: Due): void {
    const heap = this.#soon;
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

const STRETCH_MS = 16;

interface Due<Subject = unknown> {
  readonly dueMs: number;
  readonly order: number;
  readonly subject: Subject | undefined;
  act(subject: Subject | undefined): void;
}

function before(a: Due, b: Due): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
