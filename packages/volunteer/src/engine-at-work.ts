/**
 * The engine at work, and what lies with it: parameters, and samples of the leases that come next. All of it goes when the engine
 * does, and nothing of it is the next one's.
 */

import type { Engine, EngineChoice, OpenedEngine, SampleBatch, StagedBatch } from '@manyhands/compute';
import { type Failure, isFailure } from './failure.ts';
import type { HeldLease } from './joined.ts';
import type { Parameters } from './parameters.ts';

export class EngineAtWork {
  readonly engine: Engine;
  readonly choice: EngineChoice;
  readonly #gather: (lease: HeldLease) => Promise<SampleBatch | Failure>;
  /** Samples that lie with the engine, or are on their way to it. */
  readonly #staged = new Map<HeldLease, Promise<StagedBatch | Failure>>();
  #loaded: Parameters | undefined;

  constructor(
    { engine, choice }: OpenedEngine,
    gather: (lease: HeldLease) => Promise<SampleBatch | Failure>,
  ) {
    this.engine = engine;
    this.choice = choice;
    this.#gather = gather;
  }

  /** Samples of these leases are wanted soon, and of no others: they come while the device is busy. */
  expect(leases: readonly HeldLease[]): void {
    for (const [lease, batch] of this.#staged) {
      if (leases.includes(lease)) continue;
      this.#staged.delete(lease);
      void drop(batch);
    }
    for (const lease of leases) {
      if (!this.#staged.has(lease)) this.#staged.set(lease, this.#stage(lease));
    }
  }

  /** The samples of this lease, whether or not they were expected. */
  stagedFor(lease: HeldLease): Promise<StagedBatch | Failure> {
    return this.#staged.get(lease) ?? this.#stage(lease);
  }

  /** What is computed next is computed with these. */
  load(parameters: Parameters): void {
    if (this.#loaded !== parameters) this.engine.setParams(parameters.params, parameters.state);
    this.#loaded = parameters;
  }

  /** Whoever has the engine now sets other parameters on it. */
  unload(): void {
    this.#loaded = undefined;
  }

  async #stage(lease: HeldLease): Promise<StagedBatch | Failure> {
    const samples = await this.#gather(lease);
    return isFailure(samples) ? samples : this.engine.stage(samples);
  }
}

async function drop(batch: Promise<StagedBatch | Failure>): Promise<void> {
  const staged = await batch;
  if (!isFailure(staged)) staged.drop();
}
