/**
 * The bold line through a noisy one: an exponential moving average, divided by the weight that it has gathered so far,
 * so that it starts at the first value and not at zero (Kingma and Ba 2015, section 3).
 */
export function smoothed(values: readonly number[], keep: number): number[] {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    sum = keep * sum + (1 - keep) * value;
    weight = keep * weight + (1 - keep);
    return sum / weight;
  });
}

/** A long run is smoothed over more steps: about a thirtieth of what there is. */
export function keepFor(count: number): number {
  return 1 - 1 / Math.max(1, Math.min(100, count / 30));
}
