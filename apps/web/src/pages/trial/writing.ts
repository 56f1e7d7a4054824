/**
 * A text that a person began and the model goes on with, character by character. Which character follows is a function of
 * the text, of what the model says, of the temperature and of a seed: the same start leads to the same continuation, and
 * another seed to another.
 */

import { createRandom, unreachable } from '@manyhands/core';
import { type Alphabet, choose } from './continuation.ts';

export interface Writing {
  readonly at: 'resting' | 'writing';
  readonly typed: string;
  /** What the model has added. */
  readonly written: string;
  readonly temperature: number;
  readonly seed: number;
  /** After how many characters it rests. */
  readonly left: number;
}

export type WritingEvent =
  | { readonly type: 'typed'; readonly text: string }
  | { readonly type: 'go' }
  | { readonly type: 'stop' }
  /** Begin anew, and differently. */
  | { readonly type: 'another' }
  | { readonly type: 'temperature'; readonly value: number }
  /** The model has said how likely each character is behind the text as it stands. */
  | { readonly type: 'told'; readonly chances: Float32Array; readonly alphabet: Alphabet };

/** What is written at a stretch. */
const STRETCH = 300;

export const BLANK: Writing = {
  at: 'resting',
  typed: '',
  written: '',
  temperature: 0.7,
  seed: 1,
  left: STRETCH,
};

export function write(was: Writing, event: WritingEvent): Writing {
  switch (event.type) {
    case 'typed':
      return { ...was, at: 'resting', typed: event.text, written: '' };
    case 'go':
      return { ...was, at: 'writing', left: STRETCH };
    case 'stop':
      return { ...was, at: 'resting' };
    case 'another':
      return { ...was, at: 'writing', written: '', seed: was.seed + 1, left: STRETCH };
    case 'temperature':
      return { ...was, temperature: event.value };
    case 'told':
      return was.at === 'writing' ? append(was, event.chances, event.alphabet) : was;
    default:
      return unreachable(event);
  }
}

function append(was: Writing, chances: Float32Array, alphabet: Alphabet): Writing {
  const draw = createRandom(was.seed, [...was.written].length).fraction();
  const written = was.written + alphabet[choose(chances, was.temperature, draw)]!;
  const left = was.left - 1;
  return { ...was, written, left, at: left > 0 ? 'writing' : 'resting' };
}
