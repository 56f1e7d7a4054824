/** How much of something happened a second, over the last ten. */

const WINDOW_MS = 10_000;

export class Rate {
  readonly #marks: { readonly atMs: number; readonly amount: number }[] = [];
  #sum = 0;
  #firstMs: number | undefined;

  add(amount: number, nowMs: number): void {
    this.#firstMs ??= nowMs;
    this.#marks.push({ atMs: nowMs, amount });
    this.#sum += amount;
    this.#forget(nowMs);
  }

  /** Null until a second has been measured. */
  perSecond(nowMs: number): number | null {
    this.#forget(nowMs);
    const measuredMs = Math.min(WINDOW_MS, nowMs - (this.#firstMs ?? nowMs));
    return measuredMs < 1_000 ? null : (this.#sum * 1_000) / measuredMs;
  }

  /** True while the rate changes by the mere passing of time. */
  moves(nowMs: number): boolean {
    this.#forget(nowMs);
    return this.#marks.length > 0;
  }

  #forget(nowMs: number): void {
    let old = 0;
    while (old < this.#marks.length && nowMs - this.#marks[old]!.atMs > WINDOW_MS) {
      this.#sum -= this.#marks[old]!.amount;
      old++;
    }
    this.#marks.splice(0, old);
  }
}
