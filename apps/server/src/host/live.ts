/** What others see of the running round and of the volunteers, cut down to what is drawn. */

import type { CoordinatorView, RoundView, VolunteerId } from '@manyhands/core';
import type { RoundLive, VolunteerRow } from '@manyhands/protocol';

const CELL_CODE = { leased: 0, backup: 1, in: 2 } as const;

export function roundLive({ step, units, cells, evaluation }: RoundView): RoundLive {
  return {
    step,
    units,
    cells: cells.map(({ run, state, volunteer }) => [run.first, run.count, CELL_CODE[state], volunteer]),
    evaluation,
  };
}

export function volunteerRows(
  { volunteers }: CoordinatorView,
  joinedAt: ReadonlyMap<VolunteerId, number>,
): VolunteerRow[] {
  const total = volunteers.reduce((sum, { units }) => sum + units, 0);
  return volunteers.map(({ volunteer, device, working, samplesPerSecond, units, refused }) => ({
    volunteer,
    ...device,
    working,
    samplesPerSecond: samplesPerSecond ?? null,
    units,
    refused,
    share: total === 0 ? 0 : units / total,
    joinedAt: joinedAt.get(volunteer) ?? 0,
  }));
}
