/** One whole round on WebGPU, cut into blocks of any size, and what its root hashes to. */

import { createReduction } from '@manyhands/core';
import type { ModelProgram, SampleBatch } from '../engine.ts';
import { cnn, cut, everything, mlp, samplesOf } from './programs.ts';
import { openOnWebGpu, type WorkerEngine } from './worker-engine.ts';

export interface Round {
  readonly name: string;
  readonly program: ModelProgram;
  /** The samples of `UNITS` units. */
  readonly batch: SampleBatch;
}

export const UNITS = 8;
const UNIT_SAMPLES = 2;
const SAMPLES = UNITS * UNIT_SAMPLES;

export const ROUNDS: readonly Round[] = [
  { name: 'MLP', program: mlp(32, UNIT_SAMPLES), batch: samplesOf(SAMPLES, 784, { oneHot: 10 }) },
  { name: 'CNN', program: cnn(UNIT_SAMPLES), batch: samplesOf(SAMPLES, 784, { numbered: 10 }) },
  { name: 'everything', program: everything(UNIT_SAMPLES), batch: samplesOf(SAMPLES, 36, { oneHot: 5 }) },
];

/** The round's root, from blocks of 2^level units that are merged as the server merges them. */
export async function rootOf(worker: WorkerEngine, { batch }: Round, level: number): Promise<Float32Array> {
  const reduction = createReduction(UNITS);
  const count = 2 ** level;
  for (let index = 0; index * count < UNITS; index++) {
    const first = index * count;
    const samples = cut(batch, first * UNIT_SAMPLES, count * UNIT_SAMPLES);
    const sum = await worker.ask('gradient', samples, { first, count }, UNITS, 3);
    reduction.add({ level, index }, sum);
  }
  return reduction.root!;
}

/** SHA-256 of each round's root, in hexadecimal digits. */
export async function hashRounds(): Promise<string[]> {
  const hashes: string[] = [];
  for (const round of ROUNDS) {
    const worker = await openOnWebGpu(round.program);
    const root = await rootOf(worker, round, 3);
    const digest = await crypto.subtle.digest('SHA-256', root as Float32Array<ArrayBuffer>);
    hashes.push([...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
    worker.end();
  }
  return hashes;
}
