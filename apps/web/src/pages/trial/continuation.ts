/**
 * How a model of characters is asked to go on with a text. It reads `context` characters at once and says at every place
 * which comes next; no place sees what stands behind it. So the end of a long text is read, a short one is filled up on the
 * right with anything at all, and what is said at the last real character is the answer.
 */

export type Alphabet = readonly string[];

/** What the model is given, and the place at which its answer is read. */
export interface Reading {
  readonly input: Float32Array;
  readonly place: number;
}

/** Undefined where no character of the text is in the alphabet. */
export function readingOf(text: string, alphabet: Alphabet, context: number): Reading | undefined {
  const codes = [...text].map((character) => alphabet.indexOf(character)).filter((code) => code >= 0);
  if (codes.length === 0) return undefined;
  const end = codes.slice(-context);
  const input = new Float32Array(context);
  input.set(end);
  return { input, place: end.length - 1 };
}

export interface Piece {
  readonly text: string;
  /** False: the model cannot read it, and it is left out. */
  readonly known: boolean;
}

/** The text in pieces that are read or left out as a whole. */
export function piecesOf(text: string, alphabet: Alphabet): readonly Piece[] {
  const pieces: Piece[] = [];
  for (const character of text) {
    const known = alphabet.includes(character);
    const last = pieces.at(-1);
    if (last?.known === known) pieces[pieces.length - 1] = { text: last.text + character, known };
    else pieces.push({ text: character, known });
  }
  return pieces;
}

/** How likely each character is next, from the answer at all places. */
export function chancesAt(outputs: Float32Array, place: number, alphabet: Alphabet): Float32Array {
  return outputs.subarray(place * alphabet.length, (place + 1) * alphabet.length);
}

/**
 * One of the characters, by its number: at temperature 0 the likeliest, at 1 each as often as its chance says, between them
 * and above with chances that are raised to the power of 1 ÷ temperature. `draw`, from 0 to below 1, decides.
 */
export function choose(chances: Float32Array, temperature: number, draw: number): number {
  const [best] = likeliest(chances, 1) as [number];
  if (temperature <= 0) return best;
  // Relative to the likeliest, so that no power runs out of numbers.
  const weights = Array.from(chances, (chance) => (chance / chances[best]!) ** (1 / temperature));
  let left = draw * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [code, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return code;
  }
  return best;
}

/** The numbers of the likeliest characters, likeliest first; of equals, the one that comes first in the alphabet. */
export function likeliest(chances: Float32Array, count: number): readonly number[] {
  return Array.from(chances, (_, code) => code)
    .sort((a, b) => chances[b]! - chances[a]!)
    .slice(0, count);
}
