/** A token bucket: so many a second on average, ten seconds' worth at once. */
export class Allowance {
  readonly #perSecond: number;
  readonly #most: number;
  #left: number;
  #countedAtMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#most = perSecond * WINDOW_SECONDS;
    this.#left = this.#most;
    this.#countedAtMs = nowMs;
  }

  /** Takes one, or answers false. */
  take(nowMs: number): boolean {
    const regained = ((nowMs - this.#countedAtMs) / 1_000) * this.#perSecond;
    this.#left = Math.min(this.#most, this.#left + regained);
    this.#countedAtMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

const WINDOW_SECONDS = 10;
