/**
 * The training of one round: which units go out, and what becomes of the answers. This is where strategies differ; leases,
 * deadlines and evaluation know nothing of it.
 */

import { unreachable } from './assert.ts';
import { openBatch } from './batch-gathering.ts';
import { isLossy } from './codec/index.ts';
import type { Job } from './job.ts';
import type { Lease } from './lease.ts';
import type { Loops } from './loops.ts';
import type { ParamsVersion } from './params.ts';
import type { Spare } from './reduction.ts';
import { openShares } from './share-gathering.ts';
import { createStream } from './stream-gathering.ts';
import type { RoundCell } from './view.ts';
import type { Block, UnitRun } from './work-unit.ts';

export interface Gathering {
  /** Units that nobody has; infinity where they never run out. */
  readonly free: number;
  /** There are free units, but none may go out before memory is free. */
  readonly atBound: boolean;
  /** Claims a block of at most so many units that nobody has. */
  claim(most: number): Claimed | undefined;
  /** A block whose lease is late is given to another as well. */
  readonly copies: boolean;
  /** An answer that began from this version comes too late. */
  isStale(began: ParamsVersion): boolean;
  /** Takes ownership of the vector and adds it; false, and nothing has changed, when it is not finite. */
  add(lease: Lease, answer: Gradient): boolean;
  /** The block of this lease is in. */
  settle(lease: Lease): void;
  /** Nobody has the block of this lease any more, and it is not in. */
  give(lease: Lease): void;
  readonly unitsIn: number;
  /** A version can be made. */
  readonly complete: boolean;
  /** All that is in. Belongs to the gathering; undefined before it is complete. */
  readonly gathered: Gathered | undefined;
  /** Vectors held now, and the most that there ever were. */
  readonly held: number;
  readonly heldPeak: number;
  cells(leases: readonly Lease[]): readonly RoundCell[];
  /** Gives back what is held. */
  close(): void;
}

export interface Claimed {
  /** Names the claim: equal for no two leases of a round but copies. */
  readonly block: Block;
  readonly run: UnitRun;
}

/** The answer to a lease to train. */
export interface Gradient {
  readonly vector: Float32Array;
  readonly samples: number;
  /** With which parameters it was computed. */
  readonly began: ParamsVersion;
}

export interface Gathered {
  /** As a contribution is laid out, every answer times its weight. */
  readonly sum: Float32Array;
  /** Samples that went into it. */
  readonly samples: number;
  /** Of every answer weight × samples. */
  readonly weight: number;
  /** Versions that had come since the answers were begun: the mean over their samples. */
  readonly staleness: number;
}

/** Opens the training of one round after another; `units` of them make the version after this one. */
export type OpenGathering = (version: ParamsVersion, units: number) => Gathering;

export function gatheringsOf(job: Job, spare: Spare, loops: Loops): OpenGathering {
  const { strategy, lease, codec } = job;
  switch (strategy.kind) {
    case 'sync':
    case 'local':
      return (_, units) =>
        isLossy(codec)
          ? openShares(units, lease.heldVectorsMax, spare, loops)
          : openBatch(units, lease.heldVectorsMax, spare, loops);
    case 'async':
      return createStream(strategy.stalenessMax, spare, loops);
    default:
      return unreachable(strategy);
  }
}
