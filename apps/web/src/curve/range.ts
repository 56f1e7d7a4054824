import type { Check } from './run-line.ts';

/** What the axis of values spans: the values and the held-out checks, with a little air; on a logarithmic axis only what is above zero counts. */
export function rangeOf(
  low: number | null,
  high: number | null,
  logarithmic: boolean,
  checks: readonly Check[],
): [number, number] {
  const all = [low, high, ...checks.map((check) => check.value)].filter(
    (value) => value !== null && (!logarithmic || value > 0),
  ) as number[];
  if (all.length === 0) return logarithmic ? [0.1, 1] : [0, 1];
  const [bottom, top] = [Math.min(...all), Math.max(...all)];
  if (logarithmic) return [bottom / 1.2, top * 1.2];
  const air = (top - bottom || Math.abs(top) || 1) * 0.06;
  return [bottom - air < 0 && bottom >= 0 ? 0 : bottom - air, top + air];
}

/** There is always some room between two ends; what was measured last may be one step further than the values are. */
export function stepsOf(
  low: number,
  high: number,
  { steps, checks }: { readonly steps: readonly number[]; readonly checks: readonly Check[] },
): [number, number] {
  const end = high === steps.at(-1) ? Math.max(high, checks.at(-1)?.step ?? high) : high;
  return [low, low === end ? low + 1 : end];
}

/** Round numbers between two ends, at most so many and one: multiples of 1, 2 or 5 times a power of ten, and of nothing less than `least`. */
export function ticksOf(low: number, high: number, most: number, least = 0): number[] {
  const span = Math.max((high - low) / most, least);
  const power = 10 ** Math.floor(Math.log10(span));
  const step = power * ([1, 2, 5].find((digit) => digit * power >= span * (1 - 1e-9)) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step);
}

/** A number beside an axis. */
export function short(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(0);
  return String(Number(value.toPrecision(3)));
}
