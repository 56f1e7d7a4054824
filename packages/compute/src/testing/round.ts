/** One whole round on WebGPU, cut into blocks of any size, and what its root hashes to. */

import { createReduction } from '@manyhands/core';
import type { Engine, ModelProgram, SampleBatch } from '../engine.ts';
import type { EngineName } from '../engine-choice.ts';
import { cnn, cut, everything, mlp, samplesOf } from './programs.ts';
import { openOn } from './worker-engine.ts';

export interface Round {
  readonly name: string;
  readonly program: ModelProgram;
  /** The samples of `UNITS` units. */
  readonly batch: SampleBatch;
}

/** Two browsers, one after the other, compile three models each: on a busy machine that takes minutes. */
export const TWO_BROWSERS_MS = 240_000;

export const UNITS = 8;
const UNIT_SAMPLES = 2;
const SAMPLES = UNITS * UNIT_SAMPLES;

export const ROUNDS: readonly Round[] = [
  { name: 'MLP', program: mlp(32, UNIT_SAMPLES), batch: samplesOf(SAMPLES, 784, { oneHot: 10 }) },
  { name: 'CNN', program: cnn(UNIT_SAMPLES), batch: samplesOf(SAMPLES, 784, { numbered: 10 }) },
  { name: 'everything', program: everything(UNIT_SAMPLES), batch: samplesOf(SAMPLES, 36, { oneHot: 5 }) },
];

/** The round's root, from blocks of 2^level units that are merged as the server merges them. */
export async function rootOf(engine: Engine, { batch }: Round, level: number): Promise<Float32Array> {
  const reduction = createReduction(UNITS);
  const count = 2 ** level;
  for (let index = 0; index * count < UNITS; index++) {
    const first = index * count;
    const samples = cut(batch, first * UNIT_SAMPLES, count * UNIT_SAMPLES);
    const sum = await engine.gradient(samples, { first, count }, UNITS, 3);
    reduction.add({ level, index }, sum);
  }
  return reduction.root!;
}

/** SHA-256 of each round's root on this engine, in hexadecimal digits. */
export async function hashRounds(name: EngineName): Promise<string[]> {
  const hashes: string[] = [];
  for (const round of ROUNDS) {
    const { engine } = await openOn(name, round.program);
    const root = await rootOf(engine, round, 3);
    const digest = await crypto.subtle.digest('SHA-256', root as Float32Array<ArrayBuffer>);
    hashes.push([...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
    engine.dispose();
  }
  return hashes;
}
