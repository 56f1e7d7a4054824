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
