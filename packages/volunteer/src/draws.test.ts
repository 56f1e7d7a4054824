import { completeStrategy } from '@manyhands/core';
import { expect, test } from 'vitest';
import { type Draw, Draws } from './draws.ts';
import type { Failure } from './failure.ts';
import type { HeldLease } from './joined.ts';
import { PROGRAM } from './testing/little-job.ts';

const LOCAL = completeStrategy({
  ...{ kind: 'local', steps: 3 },
  optimizer: { kind: 'sgd', learningRate: 1 },
});

function leaseOver(first: number, count: number, kind: HeldLease['kind'] = 'train'): HeldLease {
  const version = { incarnation: 1, step: 5 };
  const run = { first, count };
  return { id: 1, kind, version, run, arrivedAtMs: 0, deadlineMs: 1, backup: false };
}

function indicesOf(draw: Draw | Failure): number[] {
  return 'failure' in draw ? [] : [...draw.indices];
}

test('[DW1] what the local steps of the units of a lease draw, one behind the other, is what the lease draws', () => {
  const draws = new Draws(PROGRAM, LOCAL);
  const lease = leaseOver(1, 2);
  const steps = [1, 2].flatMap((unit) => [0, 1, 2].map((step) => draws.ofStep(lease, unit, step)));
  expect(steps.flatMap(indicesOf)).toEqual(indicesOf(draws.of(lease)));
  expect(draws.samplesIn(lease)).toBe(indicesOf(draws.of(lease)).length);
  expect([draws.samplesIn(lease), draws.unitsAtOnce(lease)]).toEqual([12, 1]);
});

test('[DW2] units that the job does not have draw nothing; the last unit of an evaluation is cut short', () => {
  const draws = new Draws(PROGRAM, { kind: 'sync' });
  const failure = { failure: 'malformed', sentence: expect.stringContaining('units 3 to 4') };
  expect(draws.of(leaseOver(3, 2))).toEqual(failure);
  expect(draws.ofStep(leaseOver(3, 2), 3, 0)).toEqual(failure);
  expect(draws.of(leaseOver(1, 1, 'evaluate'))).toEqual({ set: 'evaluation', indices: Uint32Array.of(4) });
  expect(draws.of(leaseOver(2, 1, 'evaluate'))).toMatchObject({ failure: 'malformed' });
});

test('[DW3] units of a stream have no end, and are a tree by themselves', () => {
  const draws = new Draws(PROGRAM, { kind: 'async', stalenessMax: 2 });
  const lease = leaseOver(3, 2);
  expect(indicesOf(draws.of(lease))).toHaveLength(4);
  expect(draws.placeOf(lease)).toEqual({ run: { first: 0, count: 2 }, units: 2 });
  const batch = new Draws(PROGRAM, { kind: 'sync' });
  expect(batch.placeOf(leaseOver(2, 2))).toEqual({ run: { first: 2, count: 2 }, units: 4 });
});

test('[DW4] where answers are lossy any run of units may be asked for, and is a tree by itself', () => {
  const lossy = new Draws({ ...PROGRAM, codec: { kind: 'int8' } }, { kind: 'sync' });
  expect(lossy.placeOf(leaseOver(1, 3))).toEqual({ run: { first: 0, count: 3 }, units: 3 });
  const exact = new Draws(PROGRAM, { kind: 'sync' });
  expect(indicesOf(lossy.of(leaseOver(1, 3)))).toEqual(indicesOf(exact.of(leaseOver(1, 3))));
});
