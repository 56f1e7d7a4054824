/**
 * What a store promises its reader, apart from how it writes: which of the checkpoints that it holds is the one to go on
 * from, under which name, whose credit counts, and which are no longer needed. The server's stores and the one of the simulator's worlds ask here.
 */

import { recovered } from './central-model.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { ParamsVersion } from './params.ts';

export interface RecoveredCheckpoint {
  readonly checkpoint: Checkpoint;
  /** Newer checkpoints that were passed over because their bytes are not those that were written. */
  readonly damaged: readonly ParamsVersion[];
  /** The highest incarnation that this run ever had, damaged checkpoints included. */
  readonly incarnationMax: number;
}

/** The newest record of which `read` still makes a checkpoint, and what else it finds; undefined when there is none. */
export function newestIntact<Stored extends Named, Found extends { readonly checkpoint: Checkpoint }>(
  records: readonly Stored[],
  read: (record: Stored) => Found | undefined,
): (Found & RecoveredCheckpoint) | undefined {
  const sorted = newestFirst(records);
  const damaged: ParamsVersion[] = [];
  for (const record of sorted) {
    const found = read(record);
    if (found !== undefined) return { ...found, damaged, incarnationMax: sorted[0]!.version.incarnation };
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
export function superfluous<Stored extends Named>(
  records: readonly Stored[],
  kept: number,
): readonly Stored[] {
  return newestFirst(records).slice(kept);
}

/**
 * What was earned with `version` does not count any more when `saved` is kept: a recovery passed it over. It goes on from the step
 * that it found under a higher incarnation, and all units beyond that step are computed, and counted, again.
 */
export function isPassedOver(version: ParamsVersion, saved: ParamsVersion): boolean {
  return version.incarnation < saved.incarnation && version.step > saved.step;
}

/** That of the highest incarnation comes first, then that of the highest step; of two of one name the earlier in the list. */
export function newestFirst<Stored extends Named>(records: readonly Stored[]): readonly Stored[] {
  return records.toSorted(
    ({ version: a }, { version: b }) => b.incarnation - a.incarnation || b.step - a.step,
  );
}

interface Named {
  readonly version: ParamsVersion;
}
