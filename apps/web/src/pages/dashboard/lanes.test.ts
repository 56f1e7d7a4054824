import type { HistoryPoint } from '@manyhands/protocol';
import { expect, test } from 'vitest';
import { BIN_MS, BINS, binAt, lanesOf, restartsIn } from './lanes.ts';

const NOW = 1_000 * BIN_MS;
const DEVICE = { engine: 'tfjs-4.22.0', backend: 'webgpu', vendor: 'apple', architecture: '' } as const;
let index = 0;
const point = (ageMs: number, entry: HistoryPoint['entry']): HistoryPoint => ({
  index: index++,
  at: NOW - ageMs,
  entry,
});
const lane = (log: readonly HistoryPoint[], name: string) =>
  lanesOf(log, binAt(NOW)).find((candidate) => candidate.name === name)!;

test('[RL1] every unit that had to be given again is counted once, whatever brought it back', () => {
  const log = [
    point(4_000, { kind: 'left', volunteer: 1, unitsReturned: 3 }),
    point(3_000, { kind: 'lease-ended', volunteer: 2, units: 4, end: 'expired' }),
    point(2_000, { kind: 'lease-ended', volunteer: 2, units: 2, end: 'released' }),
    point(1_000, { kind: 'lease-ended', volunteer: 2, units: 8, end: 'superseded' }),
    point(1_000, { kind: 'class-changed', step: 3, to: DEVICE, units: 16 }),
  ];
  expect(lane(log, 'again').upTotal).toBe(25);
  expect(lane(log, 'people')).toMatchObject({ upTotal: 0, downTotal: 1 });
});

test('[RL2] a bar has the colour of one volunteer only where nobody else had a part in it', () => {
  const log = [
    point(0, { kind: 'joined', volunteer: 5 }),
    point(BIN_MS, { kind: 'joined', volunteer: 6 }),
    point(BIN_MS, { kind: 'joined', volunteer: 7 }),
  ].reverse();
  const bars = [...lane(log, 'people').up].sort((a, b) => a.bin - b.bin);
  expect(bars).toEqual([
    { bin: BINS - 2, amount: 2, volunteer: undefined },
    { bin: BINS - 1, amount: 1, volunteer: 5 },
  ]);
});

test('[RL3] what is older than the strip is neither drawn nor counted', () => {
  const log = [
    point(BINS * BIN_MS, { kind: 'recovered', version: '2-10' }),
    point(BINS * BIN_MS, { kind: 'joined', volunteer: 1 }),
    point((BINS - 1) * BIN_MS, { kind: 'recovered', version: '3-10' }),
    point((BINS - 1) * BIN_MS, { kind: 'joined', volunteer: 2 }),
  ];
  expect(lane(log, 'people').upTotal).toBe(1);
  expect(restartsIn(log, binAt(NOW))).toEqual([0]);
});

test('[RL4] a line that broke, an answer that differs and a checkpoint that failed are drawn downward', () => {
  const log = [
    point(0, { kind: 'lost', volunteer: 1, units: 2 }),
    point(0, { kind: 'returned', volunteer: 1, units: 2 }),
    point(0, { kind: 'compared', volunteer: 1, agrees: false }),
    point(0, { kind: 'not-durable', version: '1-3', sentence: 'The disk is full.' }),
  ];
  expect(lane(log, 'second').down).toMatchObject([{ volunteer: undefined }]);
  for (const name of ['lines', 'second', 'kept']) expect(lane(log, name).downTotal, name).toBe(1);
  expect(lane(log, 'lines').upTotal).toBe(1);
});
