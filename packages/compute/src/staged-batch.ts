/**
 * Staging where nothing is gained by it: the samples wait as they are, in the thread that will compute them. An engine that
 * can have them on its device ahead of time has a `StagedBatch` of its own.
 */

import type { SampleBatch, StagedBatch } from './engine.ts';
import { EngineError } from './engine-error.ts';

export class WaitingBatch implements StagedBatch {
  #samples: SampleBatch | undefined;

  constructor(samples: SampleBatch) {
    this.#samples = samples;
  }

  /** The samples, for the one computation that they are for. */
  take(): SampleBatch {
    const samples = this.#samples;
    if (samples === undefined) throw usedUp();
    this.#samples = undefined;
    return samples;
  }

  drop(): void {
    this.#samples = undefined;
  }
}

/** The samples themselves, staged by this engine or not at all. */
export function samplesIn(batch: SampleBatch | StagedBatch): SampleBatch {
  if (batch instanceof WaitingBatch) return batch.take();
  if ('ids' in batch) return batch;
  throw new EngineError('batch', 'These samples were staged with another engine.');
}

export function usedUp(): EngineError {
  return new EngineError('batch', 'These samples were computed or dropped before.');
}
