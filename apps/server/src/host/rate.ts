/**
 * How much of something happened a second, over the last ten; where it happens more rarely than that, over the time between the
 * two newest. What has not come for three times as long as that has stopped.
 */

const WINDOW_MS = 10_000;
const PATIENCE = 3;

interface Mark {
  readonly atMs: number;
  readonly amount: number;
}

export class Rate {
  /** Of the last ten seconds, and of what is older the two newest. */
  readonly #marks: Mark[] = [];
  #firstMs: number | undefined;

  add(amount: number, nowMs: number): void {
    this.#firstMs ??= nowMs;
    this.#marks.push({ atMs: nowMs, amount });
    this.#forget(nowMs);
  }

  /** Null until a second has been measured. */
  perSecond(nowMs: number): number | null {
    this.#forget(nowMs);
    const measuredMs = Math.min(WINDOW_MS, nowMs - (this.#firstMs ?? nowMs));
    if (measuredMs < 1_000) return null;
    const recent = this.#marks.filter((mark) => isRecent(mark, nowMs));
    if (recent.length < 2 && this.#isRare(nowMs)) return this.#rarely(nowMs);
    return (recent.reduce((sum, { amount }) => sum + amount, 0) * 1_000) / measuredMs;
  }

  /** True while the rate changes by the mere passing of time. */
  moves(nowMs: number): boolean {
    this.#forget(nowMs);
    const newest = this.#marks.at(-1);
    return newest !== undefined && (isRecent(newest, nowMs) || this.#isRare(nowMs));
  }

  /** The next may be as far away as the newest two are from each other. */
  #isRare(nowMs: number): boolean {
    const [before, newest] = this.#marks.slice(-2);
    if (before === undefined || newest === undefined) return false;
    return nowMs - newest.atMs <= PATIENCE * (newest.atMs - before.atMs);
  }

  #rarely(nowMs: number): number {
    const [before, newest] = this.#marks.slice(-2) as [Mark, Mark];
    return (newest.amount * 1_000) / Math.max(newest.atMs - before.atMs, nowMs - newest.atMs);
  }

  #forget(nowMs: number): void {
    const old = this.#marks.findIndex((mark) => isRecent(mark, nowMs));
    const kept = Math.min(old < 0 ? this.#marks.length : old, this.#marks.length - 2);
    if (kept > 0) this.#marks.splice(0, kept);
  }
}

function isRecent({ atMs }: Mark, nowMs: number): boolean {
  return nowMs - atMs <= WINDOW_MS;
}
