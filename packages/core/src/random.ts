/**
 * Randomness is an argument here, never a source: everything random in a job is a function of its seed and of what it
 * is for, so that any part of a run can be computed again by anybody.
 */

/** Mixes words into one. */
export function hash32(...words: readonly number[]): number {
  let h = 0x9e3779b9;
  for (const word of words) h = hashOn(h, word);
  return h >>> 0;
}

/**
 * One word more: hash32(a, b) is hashOn(hash32(a), b), so that a loop over b mixes a in once. Each step is the finalizer
 * of MurmurHash3 (Appleby, public domain), which spreads every bit over all.
 */
export function hashOn(hash: number, word: number): number {
  let h = Math.imul(hash ^ word, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) + 0x9e3779b9) >>> 0;
}

export interface Random {
  /** A whole number, 0 … bound − 1; bound is at most 2³². */
  below(bound: number): number;
  /** 0 ≤ x < 1, a multiple of 2⁻³². */
  fraction(): number;
}

/** A stream of numbers: sfc32 (Doty-Humphrey, PractRand), seeded by the words. */
export function createRandom(...words: readonly number[]): Random {
  let a = hash32(1, ...words);
  let b = hash32(2, ...words);
  let c = hash32(3, ...words);
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  return {
    below: (bound) => Math.floor((next() / 2 ** 32) * bound),
    fraction: () => next() / 2 ** 32,
  };
}

/** Puts items into an order drawn from `random`, in place (Fisher and Yates). */
export function shuffle(items: Uint32Array, random: Random): Uint32Array {
  for (let last = items.length - 1; last > 0; last--) {
    const chosen = random.below(last + 1);
    const kept = items[last]!;
    items[last] = items[chosen]!;
    items[chosen] = kept;
  }
  return items;
}
