/**
 * A job's history as the pages draw it: columns for the curves, marks on the axis of steps, and the newest lines of
 * the log. Points arrive in order and are folded in one at a time, and what is old is thinned, so a long run costs no more
 * at its end than at its start.
 */

import type { HistoryPoint, Measurement } from '@manyhands/protocol';
import { placesKept } from './thinning.ts';

const COLUMNS = ['steps', 'endedMs', 'samples', 'loss', 'metric'] as const;

/** Steps that the columns hold: as many as the server keeps points, and more than a screen has pixels. */
export const STEPS_MAX = 8_000;
/** Checks, checkpoints and recoveries, of each. */
export const MARKS_MAX = 1_000;
/** Lines of the log that are kept. */
const LOG_MAX = 2_000;

export interface RunHistory {
  /** Index of the next point: what to ask the server for. */
  readonly next: number;
  /** Step, when it ended (ms since 1970), its samples, training loss, metric on the batch; of equal length. Owned by the newest RunHistory, which appends to them and makes new ones when it thins them. */
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
    if (entry.kind === 'evaluation') evaluations = withMark(evaluations, grown.evaluations, entry.evaluation);
    if (entry.kind === 'durable')
      checkpoints = withMark(checkpoints, grown.checkpoints, stepOf(entry.version));
    if (entry.kind === 'recovered') {
      // Steps after the checkpoint are computed again: what was drawn of them is drawn anew.
      const step = stepOf(entry.version);
      const kept = columns.steps.findIndex((at) => at > step);
      if (kept >= 0) for (const name of COLUMNS) columns[name].length = kept;
      evaluations = evaluations.filter((evaluation) => evaluation.step <= step);
      checkpoints = checkpoints.filter((at) => at <= step);
      recoveries = withMark(recoveries, grown.recoveries, step);
    }
  }
  const kept = placesKept(columns.steps, STEPS_MAX);
  if (kept !== 'all') for (const name of COLUMNS) columns[name] = kept.map((place) => columns[name][place]!);
  return {
    ...grown,
    next: fresh.at(-1)!.index + 1,
    evaluations: thinned(evaluations, ({ step }) => step),
    checkpoints: thinned(checkpoints, (step) => step),
    recoveries: thinned(recoveries, (step) => step),
    // The same list while nothing but steps comes: what shows it need not be drawn again.
    log: lines.length === 0 ? grown.log : [...grown.log, ...lines].slice(-LOG_MAX),
  };
}

/** `marks` and one more, copied only where others still hold the list. */
function withMark<Mark>(marks: readonly Mark[], held: readonly Mark[], mark: Mark): readonly Mark[] {
  const own = marks === held ? [...marks] : (marks as Mark[]);
  own.push(mark);
  return own;
}

/** The same list while it is short. */
function thinned<Mark>(marks: readonly Mark[], stepAt: (mark: Mark) => number): readonly Mark[] {
  const kept = placesKept(marks.map(stepAt), MARKS_MAX);
  return kept === 'all' ? marks : kept.map((place) => marks[place]!);
}

/** The step of a version, `incarnation-step`. */
export function stepOf(version: string): number {
  return Number(version.slice(version.indexOf('-') + 1));
}
