import type { HistoryPoint } from '@manyhands/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { extended, MARKS_MAX, NO_HISTORY, type RunHistory, STEPS_MAX, stepOf } from './history.ts';

const measured = (step: number, loss: number) => ({ step, loss, metric: 1 - loss, samples: 64 });
const step = (index: number, at: number, loss = 0.5): HistoryPoint => ({
  index,
  at: index,
  entry: { kind: 'step', training: measured(at, loss), durationMs: 10, gradientNorm: 1 },
});
const point = (index: number, entry: HistoryPoint['entry']): HistoryPoint => ({ index, at: index, entry });

test('[HI1] points that are already there are passed over, so a repeated answer draws nothing twice', () => {
  const once = extended(NO_HISTORY, [step(0, 1), step(1, 2)]);
  const twice = extended(once, [step(0, 1), step(1, 2), step(2, 3)]);
  expect(twice.steps).toEqual([1, 2, 3]);
  expect(twice.next).toBe(3);
  expect(extended(twice, [step(1, 2)])).toBe(twice);
});

test('[HI2] after a recovery the curve goes on from the recovered step', () => {
  const history = extended(NO_HISTORY, [
    step(0, 1, 0.9),
    step(1, 2, 0.8),
    point(2, { kind: 'durable', version: '0-2' }),
    step(3, 3, 0.7),
    point(4, { kind: 'evaluation', evaluation: measured(3, 0.7) }),
    point(5, { kind: 'recovered', version: '1-2' }),
    step(6, 3, 0.6),
  ]);
  expect(history.steps).toEqual([1, 2, 3]);
  expect(history.loss).toEqual([0.9, 0.8, 0.6]);
  expect(history.evaluations).toEqual([]);
  expect(history.checkpoints).toEqual([2]);
  expect(history.recoveries).toEqual([2]);
});

test('[HI3] the log is bounded and holds no steps', () => {
  const points = Array.from({ length: 4200 }, (_, i) =>
    i % 2 === 0 ? step(i, i) : point(i, { kind: 'joined', volunteer: i }),
  );
  const history = extended(NO_HISTORY, points);
  expect(history.log).toHaveLength(2000);
  expect(history.log.at(-1)!.index).toBe(4199);
  expect(history.steps).toHaveLength(2100);
});

test('the empty history stays empty', () => {
  extended(NO_HISTORY, [step(0, 1)]);
  expect(NO_HISTORY.steps).toEqual([]);
});

test('the step of a version stands after its incarnation', () => {
  expect(stepOf('3-412')).toBe(412);
});

test('[HI4] steps alone leave the log and the checks as they are, so that nothing of them is drawn again', () => {
  const before = extended(NO_HISTORY, [step(0, 1), point(1, { kind: 'joined', volunteer: 1 })]);
  const after = extended(before, [step(2, 2)]);
  expect(after).not.toBe(before);
  for (const part of ['log', 'evaluations', 'checkpoints', 'recoveries'] as const) {
    expect(after[part], part).toBe(before[part]);
  }
});

describe('A run of 70,000 steps, each with a checkpoint and a check, and every fiftieth with a recovery', () => {
  const STEPS = 70_000;
  const lengths = { steps: 0, evaluations: 0, checkpoints: 0, recoveries: 0 };
  let history: RunHistory = NO_HISTORY;
  beforeAll(() => {
    for (let from = 1; from <= STEPS; from += 100) {
      const points = Array.from({ length: 100 }, (_, i) => at(from + i)).flat();
      history = extended(
        history,
        points.map((entry, i) => point(history.next + i, entry)),
      );
      for (const part of ['steps', 'evaluations', 'checkpoints', 'recoveries'] as const) {
        lengths[part] = Math.max(lengths[part], history[part].length);
      }
    }
  });
  const at = (step: number): HistoryPoint['entry'][] => [
    { kind: 'step', training: measured(step, step / STEPS), durationMs: 10, gradientNorm: 1 },
    { kind: 'evaluation', evaluation: measured(step, 0.5) },
    { kind: 'durable', version: `${step}-${step}` },
    ...(step % 50 === 0 ? [{ kind: 'recovered', version: `${step + 1}-${step}` } as const] : []),
  ];

  test('[HI5] is a bounded number of points, whatever is drawn of it', () => {
    expect(lengths.steps).toBeLessThanOrEqual(STEPS_MAX);
    for (const marks of [lengths.evaluations, lengths.checkpoints, lengths.recoveries]) {
      expect(marks).toBeGreaterThan(MARKS_MAX / 2);
      expect(marks).toBeLessThanOrEqual(MARKS_MAX);
    }
  });

  test('[HI6] keeps its newest steps as they are, and of those before some at equal distances back to the first', () => {
    const { steps, loss, metric, samples, endedMs } = history;
    for (const column of [loss, metric, samples, endedMs]) expect(column).toHaveLength(steps.length);
    expect(loss).toEqual(steps.map((step) => step / STEPS));
    expect(steps.slice(-STEPS_MAX / 2)).toEqual(
      Array.from({ length: STEPS_MAX / 2 }, (_, i) => STEPS - STEPS_MAX / 2 + 1 + i),
    );
    expect(steps[0]).toBe(1);
    const gaps = steps.slice(1).map((step, i) => step - steps[i]!);
    const fewest = (STEPS - STEPS_MAX / 2) / (STEPS_MAX / 4);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * fewest);
  });

  test('[HI5] has other columns when they were thinned, so that what draws them notices', () => {
    const full = extended(
      NO_HISTORY,
      Array.from({ length: STEPS_MAX }, (_, i) => step(i, i + 1)),
    );
    const thinned = extended(full, [step(STEPS_MAX, STEPS_MAX + 1)]);
    expect(thinned.steps.length).toBeLessThan(STEPS_MAX);
    expect(thinned.steps).not.toBe(full.steps);
  });
});
