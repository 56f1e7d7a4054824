/**
 * Folds the units of one block in the order of the round's tree while they are computed one after another. It works as
 * a binary counter counts: two partial sums of the same height are siblings and are merged at once, so a block of n
 * units keeps at most log₂ n + 1 sums. At the end of a block that is cut short the missing siblings pass through, and
 * what is left is merged from the right. `reduction` defines the same order for sums that arrive in any order.
 *
 * T is a vector wherever it lives: a Float32Array here, a buffer on a device.
 */
export interface TreeFold<T> {
  /** Adds the next unit's sum; the fold owns it from now on. */
  add(leaf: T): void;
  /** The sum of all units added, which the caller owns; the fold is empty again. Undefined when nothing was added. */
  take(): T | undefined;
}

/** `merge` puts left + right into its result and may reuse both. */
export function createTreeFold<T>(merge: (left: T, right: T) => T): TreeFold<T> {
  const partial: { sum: T; height: number }[] = [];

  const mergeLastTwo = () => {
    const right = partial.pop()!;
    const left = partial.pop()!;
    partial.push({ sum: merge(left.sum, right.sum), height: left.height + 1 });
  };

  return {
    add(leaf) {
      partial.push({ sum: leaf, height: 0 });
      while (partial.length > 1 && partial.at(-1)!.height === partial.at(-2)!.height) mergeLastTwo();
    },
    take() {
      while (partial.length > 1) mergeLastTwo();
      return partial.pop()?.sum;
    },
  };
}
