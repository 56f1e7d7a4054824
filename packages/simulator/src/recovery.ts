/**
 * What a store promises its reader, apart from how it writes: which of the checkpoints that it holds is the one to go on
 * from, under which name, and which are no longer needed.
 */

import { type Checkpoint, type ParamsVersion, recovered } from '@manyhands/core';

export interface RecoveredCheckpoint {
  readonly checkpoint: Checkpoint;
  /** Newer checkpoints that were passed over because their bytes are not those that were written. */
  readonly damaged: readonly ParamsVersion[];
  /** The highest incarnation that this run ever had, damaged checkpoints included. */
  readonly incarnationMax: number;
}

/** The newest record of which `read` still makes a checkpoint; undefined when there is none. */
export function newestIntact<Stored extends { readonly version: ParamsVersion }>(
  records: readonly Stored[],
  read: (record: Stored) => Checkpoint | undefined,
): RecoveredCheckpoint | undefined {
  const sorted = records.toSorted((a, b) => newestFirst(a.version, b.version));
  const damaged: ParamsVersion[] = [];
  for (const record of sorted) {
    const checkpoint = read(record);
    if (checkpoint !== undefined) {
      return { checkpoint, damaged, incarnationMax: sorted[0]!.version.incarnation };
    }
    damaged.push(record.version);
  }
  return undefined;
}

/** The same contents under a name that no version can have had, not even one whose checkpoint is damaged. */
export function underNewName({ checkpoint, incarnationMax }: RecoveredCheckpoint): Checkpoint {
  const { step } = checkpoint.version;
  return recovered({ ...checkpoint, version: { incarnation: incarnationMax, step } });
}

/** What a store that keeps the newest `kept` versions drops. */
export function superfluous<Stored extends { readonly version: ParamsVersion }>(
  records: readonly Stored[],
  kept: number,
): readonly Stored[] {
  return records.toSorted((a, b) => newestFirst(a.version, b.version)).slice(kept);
}

/** Orders versions: that of the highest incarnation comes first, then that of the highest step. */
function newestFirst(a: ParamsVersion, b: ParamsVersion): number {
  return b.incarnation - a.incarnation || b.step - a.step;
}
