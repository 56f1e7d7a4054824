/**
 * A text, learned character by character: a sample shows `context` characters, and what is to be told is the next one at
 * every place of it. Characters are numbered in the order of their code points, and those numbers are both what a model is given
 * and the classes that it tells apart; a byte is enough for each.
 *
 * Samples overlap, so they cannot be parted one by one: what is held out would be seen in its neighbours. The text is cut into
 * pages first, whole pages are held out, and no sample reaches over the edge of one.
 */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Dataset, DatasetError, type DatasetSource, type SampleSet } from './dataset.ts';
import { mixed, split } from './split.ts';

export interface TextOptions {
  readonly name: string;
  readonly origin: string;
  readonly licence: string;
  /** Path of a file in UTF-8; a relative one starts at the folder of the job's file. */
  readonly file: string;
  /** Characters in a sample. */
  readonly context: number;
  /** After how many characters the next sample to train on begins; `context` unless said otherwise, so that none overlap. */
  readonly stride?: number;
  /** How many samples are held out to measure with; of them none overlap. */
  readonly heldOut: number;
  /** Decides which pages of the text they are; 1 unless said otherwise. */
  readonly splitSeed?: number;
}

/** Reading throws a `DatasetError` where the file cannot be read or is too short. */
export function text(options: TextOptions): DatasetSource {
  return { read: (folder) => samplesOfText(options, readCharacters(resolve(folder, options.file))) };
}

/** The samples of a text that is at hand; what is left at its end and fills no page is left out. */
export function samplesOfText(options: Omit<TextOptions, 'file'>, characters: string): Dataset {
  const { name, origin, licence, context, stride = context, heldOut, splitSeed: seed = 1 } = options;
  requireCount(name, 'context', context);
  requireCount(name, 'stride', stride);
  requireCount(name, 'heldOut', heldOut);
  const { alphabet, codes } = numbered(characters, name);
  const page = PAGE_SAMPLES * context + 1;
  const count = Math.floor(codes.length / page);
  const pagesOut = Math.ceil(heldOut / PAGE_SAMPLES);
  if (pagesOut >= count) {
    throw new DatasetError(
      `The text '${name}' has ${count} pages of ${page} characters, of which ${pagesOut} would be held out: give it more text, or hold out less.`,
    );
  }
  const pages = { count, inputs: codes.subarray(0, count * page), targets: new Uint8Array(0) };
  const { train, evaluation } = split(pages, { heldOut: pagesOut, seed });
  return {
    name,
    origin,
    licence,
    input: { shape: [context], dtype: 'uint8', scale: 1 },
    target: { kind: 'classes', shape: [context], classes: alphabet },
    train: mixed(samplesOfPages(train, context, stride), seed),
    evaluation: first(samplesOfPages(evaluation, context, context), heldOut),
  };
}

/** So many samples side by side, and the character that follows, make a page. */
const PAGE_SAMPLES = 16;

function readCharacters(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new DatasetError(`The file '${path}' cannot be read: check the path of the text.`);
  }
}

function requireCount(name: string, option: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new DatasetError(`The ${option} of the text '${name}' is ${value}: give a whole number from 1 on.`);
}

function numbered(characters: string, name: string): { alphabet: readonly string[]; codes: Uint8Array } {
  const all = [...characters];
  const alphabet = [...new Set(all)].sort();
  if (alphabet.length > 256) {
    throw new DatasetError(
      `The text '${name}' has ${alphabet.length} different characters, but a byte tells 256 apart: replace the rare ones.`,
    );
  }
  const codeOf = new Map(alphabet.map((character, code) => [character, code]));
  return { alphabet, codes: Uint8Array.from(all, (character) => codeOf.get(character)!) };
}

/** Of each page a sample at every `stride` characters, as long as it and the character behind it fit. */
function samplesOfPages(pages: SampleSet, context: number, stride: number): SampleSet {
  const page = pages.inputs.length / pages.count;
  const ofPage = Math.floor((page - 1 - context) / stride) + 1;
  const count = pages.count * ofPage;
  const inputs = new Uint8Array(count * context);
  const targets = new Uint8Array(count * context);
  for (let sample = 0; sample < count; sample++) {
    const start = Math.floor(sample / ofPage) * page + (sample % ofPage) * stride;
    inputs.set(pages.inputs.subarray(start, start + context), sample * context);
    targets.set(pages.inputs.subarray(start + 1, start + 1 + context), sample * context);
  }
  return { count, inputs, targets };
}

function first({ count, inputs, targets }: SampleSet, wanted: number): SampleSet {
  const part = (values: SampleSet['inputs']) => values.slice(0, (values.length / count) * wanted);
  return { count: wanted, inputs: part(inputs), targets: part(targets) };
}
