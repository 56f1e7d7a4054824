/** What the coordinator lets others see of itself: plain data, made on demand, safe to send. */

import type { Progress } from './checkpoint.ts';
import type { Lease } from './lease.ts';
import type { ParamsVersion } from './params.ts';
import type { DeviceClass, VolunteerId } from './volunteer.ts';
import type { UnitRun } from './work-unit.ts';

export interface CoordinatorView {
  readonly version: ParamsVersion;
  readonly durable: ParamsVersion | undefined;
  readonly progress: Progress;
  readonly round: RoundView;
  /** Of what the newest version was made of: versions that had come since it was begun, on average; undefined before the first. */
  readonly staleness: number | undefined;
  /** The class that computes an exact job now; undefined until one does, and where the job does not ask for one. */
  readonly serving: DeviceClass | undefined;
  readonly volunteers: readonly VolunteerView[];
  readonly heldVectors: number;
  readonly heldVectorsPeak: number;
  /** Leases that were superseded or expired, and whose answers would still be compared. */
  readonly comparable: number;
}

/** The running round, as the ring draws it. Units that appear in no cell are free. */
export interface RoundView {
  readonly step: number;
  readonly units: number;
  readonly cells: readonly RoundCell[];
  readonly evaluation: { readonly units: number; readonly done: number };
}

export interface RoundCell {
  readonly run: UnitRun;
  readonly state: 'leased' | 'backup' | 'in';
  readonly volunteer: VolunteerId;
}

export interface VolunteerView {
  readonly volunteer: VolunteerId;
  readonly device: DeviceClass;
  readonly working: boolean;
  /** While it computes; undefined until the first answer. */
  readonly samplesPerSecond: number | undefined;
  /** Units of this volunteer that count, in this incarnation. */
  readonly units: number;
  readonly refused: number;
  /** Answers to blocks that somebody else answered too: how many were the same, and how many not. */
  readonly agreed: number;
  readonly disagreed: number;
}

/** How a lease shows while it is under way. */
export function cellOf({ run, backup, volunteer }: Lease): RoundCell {
  return { run, state: backup ? 'backup' : 'leased', volunteer };
}
