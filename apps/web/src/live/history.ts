/**
 * A job's history as the pages draw it: columns for the curves, marks on the axis of steps, and the newest lines of
 * the log. Points arrive in order and are folded in one at a time, so a long run costs no more at its end than at its start.
 */

import type { HistoryPoint, Measurement } from '@manyhands/protocol';

const COLUMNS = ['steps', 'endedMs', 'samples', 'loss', 'metric'] as const;

/** Lines of the log that are kept; the curves keep everything. */
const LOG_MAX = 2_000;

export interface RunHistory {
  /** Index of the next point: what to ask the server for. */
  readonly next: number;
  /** Step, when it ended (ms since 1970), its samples, training loss, metric on the batch; of equal length. Owned by the newest RunHistory, which appends to them. */
  readonly steps: readonly number[];
  readonly endedMs: readonly number[];
  readonly samples: readonly number[];
  readonly loss: readonly number[];
  readonly metric: readonly number[];
  readonly evaluations: readonly Measurement[];
  readonly checkpoints: readonly number[];
  readonly recoveries: readonly number[];
  /** Everything but steps, oldest first. */
  readonly log: readonly HistoryPoint[];
}

export const NO_HISTORY: RunHistory = Object.freeze({
  next: 0,
  steps: [],
  endedMs: [],
  samples: [],
  loss: [],
  metric: [],
  evaluations: [],
  checkpoints: [],
  recoveries: [],
  log: [],
});

/** `history` and then `points`; those it already has are passed over. The columns of `history` go over to the result. */
export function extended(history: RunHistory, points: readonly HistoryPoint[]): RunHistory {
  const fresh = points.filter((point) => point.index >= history.next);
  if (fresh.length === 0) return history;
  const grown = history === NO_HISTORY ? structuredClone(history) : { ...history };
  const columns = grown as unknown as Record<(typeof COLUMNS)[number], number[]>;
  const lines: HistoryPoint[] = [];
  let { evaluations, checkpoints, recoveries } = grown;
  for (const point of fresh) {
    const { entry } = point;
    if (entry.kind === 'step') {
      columns.steps.push(entry.training.step);
      columns.endedMs.push(point.at);
      columns.samples.push(entry.training.samples);
      columns.loss.push(entry.training.loss);
      columns.metric.push(entry.training.metric);
      continue;
    }
    lines.push(point);
    if (entry.kind === 'evaluation') evaluations = [...evaluations, entry.evaluation];
    if (entry.kind === 'durable') checkpoints = [...checkpoints, stepOf(entry.version)];
    if (entry.kind === 'recovered') {
      // Steps after the checkpoint are computed again: what was drawn of them is drawn anew.
      const step = stepOf(entry.version);
      const kept = columns.steps.findIndex((at) => at > step);
      if (kept >= 0) for (const name of COLUMNS) columns[name].length = kept;
      evaluations = evaluations.filter((evaluation) => evaluation.step <= step);
      checkpoints = checkpoints.filter((at) => at <= step);
      recoveries = [...recoveries, step];
    }
  }
  return {
    ...grown,
    next: fresh.at(-1)!.index + 1,
    evaluations,
    checkpoints,
    recoveries,
    // The same list while nothing but steps comes: what shows it need not be drawn again.
    log: lines.length === 0 ? grown.log : [...grown.log, ...lines].slice(-LOG_MAX),
  };
}

/** The step of a version, `incarnation-step`. */
export function stepOf(version: string): number {
  return Number(version.slice(version.indexOf('-') + 1));
}
