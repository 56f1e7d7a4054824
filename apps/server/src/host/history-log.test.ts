import { expect, test } from 'vitest';
import { POINTS_MAX } from '../store/thinning.ts';
import { HistoryLog, NUMBERS_AHEAD_MAX } from './history-log.ts';

const ENTRY = { kind: 'joined', volunteer: 1 } as const;

test('[HO15] while the disk refuses, what waits for it is bounded, and numbers never go further ahead than a recovery leaps', () => {
  const log = new HistoryLog(7);
  let newest = 0;
  for (let i = 0; i < NUMBERS_AHEAD_MAX + 10; i++) {
    log.append(ENTRY, i);
    for (const { index } of log.takeUnsent()) newest = index;
  }
  expect(log.unsaved.length).toBeLessThanOrEqual(POINTS_MAX);
  expect(newest).toBe(7 + NUMBERS_AHEAD_MAX - 1);
  log.saved();
  log.append(ENTRY, 0);
  expect(log.unsaved.map(({ index }) => index)).toEqual([newest + 1]);
});
