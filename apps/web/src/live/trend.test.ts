import type { HistoryPoint } from '@manyhands/protocol';
import { expect, test } from 'vitest';
import { NO_HISTORY } from './history.ts';
import { crowdTrend, speedTrend } from './trend.ts';

test('[TR1] a rate over a window counts what ended in it, and is not measured before the first step', () => {
  const endedMs = [361_000, 379_000, 395_000];
  const history = { ...NO_HISTORY, steps: [1, 2, 3], endedMs, samples: [100, 100, 300] };
  const trend = speedTrend(history, 400_000, 10_000);
  expect(trend).toHaveLength(40);
  expect(trend.slice(-5)).toEqual([null, 10, 10, 0, 30]);
});

test('[TR3] a step stands for those that were thinned away before it', () => {
  const history = { ...NO_HISTORY, steps: [60, 64, 65], endedMs: [371_000, 381_000, 395_000] };
  const trend = speedTrend({ ...history, samples: [100, 100, 100] }, 400_000, 10_000);
  expect(trend.slice(-3)).toEqual([10, 40, 10]);
});

test('[TR2] the crowd is told backwards from how many are here now', () => {
  const log = (['joined', 'joined', 'left', 'status'] as const).map((kind, index) => ({
    index,
    at: index,
    entry: { kind, volunteer: index, unitsReturned: 0, status: 'running' },
  })) as HistoryPoint[];
  expect(crowdTrend(log, 1)).toEqual([0, 1, 2, 1]);
});
