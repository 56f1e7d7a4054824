import { expect, test } from 'vitest';
import { EMPTY_TALLY, samplesPerSecond, tallyAccepted, tallyWork } from './tally.ts';

const work = (kind: 'train' | 'evaluate', step: number) =>
  ({ kind, run: { count: 2 }, version: { incarnation: 1, step } }) as const;

test('[TY1] units, samples and rounds count when the server took them; a round counts once, and a check is none', () => {
  const done = [work('train', 0), work('train', 0), work('train', 1), work('evaluate', 2)];
  const tally = done.reduce((sum, lease) => tallyAccepted(sum, lease, 256), EMPTY_TALLY);
  expect(tally.given).toEqual({ units: 8, samples: 1024, rounds: 2 });
});

test('[TY2] speed is unknown before the first work, and 0 when none was done for ten seconds', () => {
  expect(samplesPerSecond(EMPTY_TALLY, 5_000)).toBeUndefined();
  const tally = tallyWork(EMPTY_TALLY, 100, 0, 1_000);
  expect(samplesPerSecond(tally, 1_000)).toBe(100);
  expect(samplesPerSecond(tally, 2_000)).toBe(50);
  expect(samplesPerSecond(tally, 11_000)).toBe(0);
});

test('[TY2] speed looks back ten seconds and no further', () => {
  let tally = EMPTY_TALLY;
  for (let second = 0; second < 30; second++)
    tally = tallyWork(tally, second < 15 ? 1 : 100, second * 1_000, (second + 1) * 1_000);
  expect(samplesPerSecond(tally, 30_000)).toBe(100);
  expect(tally.recent).toHaveLength(10);
});
