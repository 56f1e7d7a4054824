/** One whole round on WebGPU, cut into blocks of any size, and what its root hashes to. */

import { createReduction } from '@manyhands/core';
import type { Engine, ModelProgram, SampleBatch } from '../engine.ts';
import type { EngineName } from '../engine-choice.ts';
import { cnn, cut, everything, mlp, samplesOf } from './programs.ts';
import { openOn, type WorkerEngine } from './worker-engine.ts';

export interface Round {
  readonly name: string;
  readonly program: ModelProgram;
  /** The samples of `UNITS` units. */
  readonly batch: SampleBatch;
}

/** A browser is started and compiles three models, beside those that are compiled here: on a busy machine that takes minutes. */
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

/** Engines for rounds, which take their time to be opened: each is kept for whatever asks for it next. */
export interface RoundEngines {
  of(round: Round): Promise<WorkerEngine>;
  end(): void;
}

export function openForRounds(name: EngineName): RoundEngines {
  const kept = new Map<Round, WorkerEngine>();
  return {
    async of(round) {
      const worker = kept.get(round) ?? (await openOn(name, round.program));
      kept.set(round, worker);
      return worker;
    },
    end() {
      for (const worker of kept.values()) worker.end();
      kept.clear();
    },
  };
}

/** SHA-256 of each round's root on these engines, in hexadecimal digits. */
export async function hashRounds(engines: RoundEngines): Promise<string[]> {
  const hashes: string[] = [];
  for (const round of ROUNDS) {
    const root = await rootOf((await engines.of(round)).engine, round, 3);
    const digest = await crypto.subtle.digest('SHA-256', root as Float32Array<ArrayBuffer>);
    hashes.push([...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
  }
  return hashes;
}

/** The same on engines of this name that nobody has used before: what a browser does that is started for it. */
export function hashRoundsAnew(name: EngineName): Promise<string[]> {
  return hashRounds(openForRounds(name));
}
