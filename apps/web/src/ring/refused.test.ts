import type { HistoryPoint } from '@manyhands/protocol';
import { expect, test } from 'vitest';
import { lastRefused } from './refused.ts';

const refused = (index: number, volunteer: number): HistoryPoint => ({
  index,
  at: 0,
  entry: { kind: 'refused', volunteer, reason: 'not-finite' },
});

test('[RG11] the notch is for who was refused last, and each refusal is one of its own', () => {
  const joined: HistoryPoint = { index: 0, at: 0, entry: { kind: 'joined', volunteer: 9 } };
  expect(lastRefused([joined])).toBeUndefined();
  expect(lastRefused([refused(1, 5), refused(2, 7), joined])).toEqual({ volunteer: 7, at: 2 });
  expect(lastRefused([refused(2, 7), refused(3, 7)])).not.toEqual(lastRefused([refused(2, 7)]));
});
