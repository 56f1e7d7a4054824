/** What others see of the running round and of the volunteers, cut down to what is drawn. */

import type { CoordinatorView, RoundView, VolunteerId } from '@manyhands/core';
import type { JobLive, RoundLive, VolunteerRow } from '@manyhands/protocol';
import { jobView } from '../job-view.ts';
import type { Run, SavedVersion } from '../store/store.ts';

/** What the coordinator does not know of itself. */
export interface Surroundings {
  readonly durable: SavedVersion;
  /** Null until measured. */
  readonly samplesPerSecond: number | null;
  readonly roundsPerSecond: number | null;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
}

export function jobLive(run: Run, view: CoordinatorView, around: Surroundings): JobLive {
  const { durable, samplesPerSecond, roundsPerSecond, updatedAt } = around;
  const { version, progress, volunteers, serving, staleness } = view;
  const working = volunteers.filter((volunteer) => volunteer.working).length;
  const job = jobView(run, {
    ...{ hosted: true, version, progress, durable, serving, staleness, samplesPerSecond, updatedAt },
    volunteers: { connected: volunteers.length, working },
    roundsPerMinute: roundsPerSecond === null ? null : roundsPerSecond * 60,
  });
  return { job, round: roundLive(view.round) };
}

export function volunteerRows(
  { volunteers }: CoordinatorView,
  joinedAt: ReadonlyMap<VolunteerId, number>,
): VolunteerRow[] {
  const total = volunteers.reduce((sum, { units }) => sum + units, 0);
  return volunteers.map(({ volunteer, device, working, samplesPerSecond, units, ...shown }) => ({
    volunteer,
    ...device,
    working,
    samplesPerSecond: samplesPerSecond ?? null,
    units,
    refused: shown.refused,
    agreed: shown.agreed,
    disagreed: shown.disagreed,
    share: total === 0 ? 0 : units / total,
    joinedAt: joinedAt.get(volunteer) ?? 0,
  }));
}

const CELL_CODE = { leased: 0, backup: 1, in: 2 } as const;

function roundLive({ step, units, cells, evaluation }: RoundView): RoundLive {
  return {
    step,
    units,
    cells: cells.map(({ run, state, volunteer }) => [run.first, run.count, CELL_CODE[state], volunteer]),
    evaluation,
  };
}
