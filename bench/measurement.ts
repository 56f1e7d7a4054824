/** One figure of the benchmark: a ratio or a quantity, taken in one run on one machine. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly higherIsBetter: boolean;
  /** How it was taken, and what it should be compared with. */
  readonly note: string;
}

export function ratio(name: string, value: number, note: string, higherIsBetter = true): Measurement {
  return { name, value, unit: 'ratio', higherIsBetter, note };
}

/** The upper one of two. Of nothing it is infinite: that is how long one waits for what cannot be done. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY;
}
