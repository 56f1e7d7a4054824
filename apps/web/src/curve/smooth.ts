/**
 * The bold line through a noisy one: every point is the mean of its neighbours on both sides, each weighing `keep` times
 * less than the one before it. A one-sided average, as is usual, trails behind a curve that falls; this one does not.
 * Weights are counted as they gather, so the ends are neither pulled to zero nor invented.
 */
export function smoothed(values: readonly number[], keep: number): number[] {
  const before = gathered(values, keep);
  const after = gathered(values.toReversed(), keep).reverse();
  // The point itself is in both halves.
  return values.map(
    (value, i) => (before[i]!.sum + after[i]!.sum - value) / (before[i]!.weight + after[i]!.weight - 1),
  );
}

/** A long run is smoothed over more steps: about a sixtieth of what there is, on either side. */
export function keepFor(count: number): number {
  return 1 - 1 / Math.max(1, Math.min(100, count / 60));
}

function gathered(
  values: readonly number[],
  keep: number,
): { readonly sum: number; readonly weight: number }[] {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    sum = keep * sum + value;
    weight = keep * weight + 1;
    return { sum, weight };
  });
}
