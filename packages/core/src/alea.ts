/**
 * Alea, a generator by Johannes Baagøe (2010) from a text as seed: multiply-with-carry over three fractions of 32 bits. It is the one
 * that TF.js draws initial weights from; for all else a job has the streams of random.ts. Sums and products only, which IEEE 754 rounds alike
 * everywhere, so that every machine draws the same.
 */

/** Fractions, 0 ≤ x < 1, multiples of 2⁻³². */
export function createAlea(seed: string): () => number {
  const mix = createMixer();
  const start = [mix(' '), mix(' '), mix(' ')];
  let [a, b, c] = start.map((fraction) => {
    const less = fraction - mix(seed);
    return less < 0 ? less + 1 : less;
  }) as [number, number, number];
  let carry = 1;
  return () => {
    const product = 2091639 * a + carry * 2 ** -32;
    carry = Math.trunc(product);
    [a, b, c] = [b, c, product - carry];
    return c;
  };
}

/** Mixes texts into a fraction each, which depends on all texts before. */
function createMixer(): (text: string) => number {
  let state = 0xefc8249d;
  return (text) => {
    for (let i = 0; i < text.length; i++) {
      state += text.charCodeAt(i);
      const spread = 0.02519603282416938 * state;
      state = spread >>> 0;
      const product = (spread - state) * state;
      state = product >>> 0;
      state += (product - state) * 2 ** 32;
    }
    return (state >>> 0) * 2 ** -32;
  };
}
