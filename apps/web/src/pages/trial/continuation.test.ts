import { describe, expect, test } from 'vitest';
import { chancesAt, choose, likeliest, piecesOf, readingOf } from './continuation.ts';
import { BLANK, type Writing, type WritingEvent, write } from './writing.ts';

const ALPHABET = ['\n', ' ', 'a', 'b', 'c'];

describe('what the model reads', () => {
  test('[CT1] a short text is filled up on the right and asked at its last character', () => {
    expect(readingOf('ab', ALPHABET, 4)).toEqual({ input: Float32Array.of(2, 3, 0, 0), place: 1 });
    expect(readingOf('a b\n', ALPHABET, 4)).toEqual({ input: Float32Array.of(2, 1, 3, 0), place: 3 });
  });

  test('[CT1] of a long one the end is read', () => {
    expect(readingOf('aaabca', ALPHABET, 4)).toEqual({ input: Float32Array.of(2, 3, 4, 2), place: 3 });
  });

  test('[CT1] its answer is read at that place alone', () => {
    const outputs = Float32Array.from({ length: 4 * 5 }, (_, i) => i);
    expect(chancesAt(outputs, 2, ALPHABET)).toEqual(Float32Array.of(10, 11, 12, 13, 14));
  });

  test('[CT2] what is not in the alphabet is left out, and known to be', () => {
    expect(readingOf('aéb🐋c', ALPHABET, 8)).toEqual(readingOf('abc', ALPHABET, 8));
    expect(readingOf('é🐋', ALPHABET, 8)).toBeUndefined();
    expect(readingOf('', ALPHABET, 8)).toBeUndefined();
    expect(piecesOf('ab🐋éc', ALPHABET)).toEqual([
      { text: 'ab', known: true },
      { text: '🐋é', known: false },
      { text: 'c', known: true },
    ]);
  });
});

describe('the choice of a character', () => {
  const chances = Float32Array.of(0.1, 0.2, 0.4, 0.3, 0);
  /** The share of each character when draws are spread evenly. */
  const shares = (temperature: number) => {
    const draws = 10_000;
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < draws; i++) counts[choose(chances, temperature, (i + 0.5) / draws)]!++;
    return counts.map((count) => count / draws);
  };

  test('[CT3] at temperature 0 it is the likeliest, and the first of equals', () => {
    for (const draw of [0, 0.5, 0.999]) expect(choose(chances, 0, draw)).toBe(2);
    expect(choose(Float32Array.of(0.2, 0.4, 0.4), 0, 0.9)).toBe(1);
    expect(likeliest(chances, 3)).toEqual([2, 3, 1]);
  });

  test('[CT4] at 1 each comes as often as its chance says', () => {
    for (const [code, share] of shares(1).entries()) expect(share).toBeCloseTo(chances[code]!, 3);
  });

  test('[CT4] at others as often as the power of its chance does', () => {
    for (const temperature of [0.5, 2]) {
      const powers = Array.from(chances, (chance) => chance ** (1 / temperature));
      const total = powers.reduce((sum, power) => sum + power, 0);
      for (const [code, share] of shares(temperature).entries()) {
        expect(share).toBeCloseTo(powers[code]! / total, 3);
      }
    }
  });

  test('[CT4] a temperature near 0 runs out of no numbers, and what has no chance never comes', () => {
    expect(choose(chances, 0.001, 0.999)).toBe(2);
    for (const draw of [0, 1 - 2 ** -32]) expect(choose(chances, 1, draw)).not.toBe(4);
  });
});

describe('writing', () => {
  /** As if the model always said the same. */
  const told: WritingEvent = {
    type: 'told',
    chances: Float32Array.of(0.1, 0.2, 0.3, 0.2, 0.2),
    alphabet: ALPHABET,
  };
  const after = (was: Writing, ...events: readonly WritingEvent[]) => events.reduce(write, was);
  const begun = after(BLANK, { type: 'typed', text: 'ab' }, { type: 'go' });
  const told20 = Array.from({ length: 20 }, () => told);

  test('[CT5] the same start and seed lead to the same text, another seed to another', () => {
    const { written } = after(begun, ...told20);
    expect([...written]).toHaveLength(20);
    expect(after(begun, ...told20).written).toBe(written);
    const halted = after(begun, ...told20.slice(8), { type: 'stop' }, { type: 'go' }, ...told20.slice(12));
    expect(halted.written).toBe(written);
    const another = after(begun, ...told20, { type: 'another' }, ...told20);
    expect([...another.written]).toHaveLength(20);
    expect(another.written).not.toBe(written);
  });

  test('[CT6] it rests when it is told to, when the start changes, and after a stretch', () => {
    expect(after(begun, told, { type: 'stop' }, told).written).toHaveLength(1);
    expect(after(begun, told, { type: 'typed', text: 'abc' }, told)).toMatchObject({
      at: 'resting',
      typed: 'abc',
      written: '',
    });
    const long = Array.from({ length: 400 }, () => told);
    const rested = after(begun, ...long);
    expect(rested).toMatchObject({ at: 'resting' });
    expect(rested.written).toHaveLength(300);
    expect(after(rested, { type: 'go' }, told).written).toHaveLength(301);
  });

  test('[CT6] nothing is written before it is asked for', () => {
    expect(after(BLANK, { type: 'typed', text: 'ab' }, told).written).toBe('');
  });
});
