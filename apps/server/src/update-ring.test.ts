import { LIMITS } from '@manyhands/protocol';
import { expect, test } from 'vitest';
import { UpdateRing } from './update-ring.ts';

const version = (step: number, incarnation = 1) => ({ incarnation, step });
const frame = (step: number) => Uint8Array.of(step);
/** Of parameters so long that their bytes bound nothing. */
const LONG = 1e9;

test('[UR1] who missed some gets those, oldest first, and nobody gets a part', () => {
  const ring = new UpdateRing();
  for (let step = 4; step <= 8; step++) ring.add(version(step), frame(step), LONG);
  expect(ring.between(version(4), version(7))).toEqual([frame(5), frame(6), frame(7)]);
  expect(ring.between(version(3), version(8))).toHaveLength(5);
  expect(ring.between(version(2), version(8))).toBeUndefined();
  expect(ring.between(version(4), version(9))).toBeUndefined();
  expect(ring.between(version(5), version(5))).toBeUndefined();
  expect(ring.between(version(6), version(5))).toBeUndefined();
});

test('[UR1] none leads from what was computed before a crash', () => {
  const ring = new UpdateRing();
  ring.add(version(5), frame(5), LONG);
  ring.add(version(5, 2), frame(6), LONG);
  expect(ring.between(version(4), version(5))).toBeUndefined();
  expect(ring.between(version(4, 2), version(5))).toBeUndefined();
  expect(ring.between(version(4, 2), version(5, 2))).toEqual([frame(6)]);
});

test('[UR2] those that are kept are together no longer than the parameters', () => {
  const ring = new UpdateRing();
  const long = new Uint8Array(LIMITS.chunkBytes);
  for (let step = 1; step <= 9; step++) ring.add(version(step), long, 3 * long.byteLength);
  expect(ring.between(version(6), version(9))).toHaveLength(3);
  expect(ring.between(version(5), version(9))).toBeUndefined();
});

test('[UR2] and no more than so many', () => {
  const ring = new UpdateRing();
  for (let step = 1; step <= 2 * LIMITS.updatesKept; step++) ring.add(version(step), frame(0), LONG);
  const last = 2 * LIMITS.updatesKept;
  expect(ring.between(version(last - LIMITS.updatesKept), version(last))).toHaveLength(LIMITS.updatesKept);
  expect(ring.between(version(last - LIMITS.updatesKept - 1), version(last))).toBeUndefined();
});
