/**
 * What a lease asks for: which samples, and which leaves of its round's tree they make. A function of program and lease and of
 * nothing else, so nobody has to send it.
 */

import { createSampler, drawOf, isLossy, type Sampler, type Strategy, type UnitRun } from '@manyhands/core';
import type { JobProgram } from '@manyhands/protocol';
import type { Failure } from './failure.ts';
import type { HeldLease } from './joined.ts';

/** Samples of a set, in this order. */
export interface Draw {
  readonly set: 'train' | 'evaluation';
  readonly indices: Uint32Array;
}

/** Which leaves of the tree of how many units a lease asks for. */
export interface Place {
  readonly run: UnitRun;
  readonly units: number;
}

export class Draws {
  readonly #program: JobProgram;
  readonly #strategy: Strategy;
  readonly #sampler: Sampler;

  constructor(program: JobProgram, strategy: Strategy) {
    const batch = drawOf(program.batch, strategy);
    this.#program = program;
    this.#strategy = strategy;
    this.#sampler = createSampler({ ...program, batch, samples: program.samples.train });
  }

  /** The samples of all its units, all their steps taken; fails where the job has no such units. */
  of(lease: HeldLease): Draw | Failure {
    const { kind, run, version } = lease;
    if (this.#isBeyond(lease)) return beyond(lease);
    if (kind === 'train') return { set: 'train', indices: this.#sampler.indices(version.step, run) };
    const start = run.first * this.#program.evaluation.unitSamples;
    const indices = Uint32Array.from({ length: this.samplesIn(lease) }, (_, i) => start + i);
    return { set: 'evaluation', indices };
  }

  /** The samples of one step of a unit that it trains on. */
  ofStep(lease: HeldLease, unit: number, step: number): Draw | Failure {
    if (this.#isBeyond(lease)) return beyond(lease);
    const { unitSamples } = this.#program.batch;
    const drawn = this.#sampler.indices(lease.version.step, { first: unit, count: 1 });
    return { set: 'train', indices: drawn.subarray(step * unitSamples, (step + 1) * unitSamples) };
  }

  /** What its units are in the round after; where rounds do not wait the stream has none. */
  ofNextRound({ version, run }: HeldLease): Draw {
    return { set: 'train', indices: this.#sampler.indices(version.step + 1, run) };
  }

  /** As many as `of` draws; the last unit of an evaluation may be cut short. */
  samplesIn({ kind, run }: HeldLease): number {
    const { batch, evaluation, samples } = this.#program;
    if (kind === 'train') return run.count * drawOf(batch, this.#strategy).unitSamples;
    const start = run.first * evaluation.unitSamples;
    return Math.max(0, Math.min(samples.evaluation, start + run.count * evaluation.unitSamples) - start);
  }

  /** Units of a lease that an engine is given at once: where they take steps, it is given one step of one unit. */
  unitsAtOnce({ run }: HeldLease): number {
    return this.#strategy.kind === 'local' ? 1 : run.count;
  }

  /** Where no tree is kept, as in a stream and where answers are lossy, the units of a lease are one by themselves. */
  placeOf({ run }: HeldLease): Place {
    const { batch, codec } = this.#program;
    const isLoose = this.#strategy.kind === 'async' || (codec !== undefined && isLossy(codec));
    return isLoose ? { run: { first: 0, count: run.count }, units: run.count } : { run, units: batch.units };
  }

  #isBeyond(lease: HeldLease): boolean {
    const { kind, run } = lease;
    if (kind === 'evaluate') return this.samplesIn(lease) === 0;
    return this.#strategy.kind !== 'async' && run.first + run.count > this.#program.batch.units;
  }
}

function beyond({ run, kind }: HeldLease): Failure {
  const units = `${run.first} to ${run.first + run.count - 1}`;
  return {
    failure: 'malformed',
    sentence: `The server asked to ${kind} units ${units}, which this job does not have.`,
  };
}
