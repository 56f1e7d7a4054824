import { describe, expect, test } from 'vitest';
import { ALL_FAULTS, FAULTS, type Fault, NO_FAULTS } from './fault.ts';
import type { Tally } from './tally.ts';
import { createWorld, runWorld } from './world.ts';

const small = { rounds: 6, units: 24 };

function outcomeOf(seed: number, volunteers: number, faults: ReadonlySet<Fault>) {
  return runWorld(createWorld({ seed, volunteers, faults, ...small }));
}

const calm = outcomeOf(0, 3, NO_FAULTS);

describe('whatever happens, all rules hold and the parameters have the same bytes', {
  timeout: 120_000,
}, () => {
  test.each(FAULTS)('[WE1] %s alone, in five worlds', (fault) => {
    for (let seed = 1; seed <= 5; seed++) {
      const { broken, fingerprint } = outcomeOf(seed, 6, new Set([fault]));
      expect({ seed, broken, fingerprint }).toEqual({
        seed,
        broken: undefined,
        fingerprint: calm.fingerprint,
      });
    }
  });

  test.each([1, 2, 5, 12, 40])('[WE1] everything at once, in 60 worlds of %i volunteers', (volunteers) => {
    for (let seed = 1; seed <= 60; seed++) {
      const { broken, fingerprint } = outcomeOf(100 * volunteers + seed, volunteers, ALL_FAULTS);
      expect({ seed, broken, fingerprint }).toEqual({
        seed,
        broken: undefined,
        fingerprint: calm.fingerprint,
      });
    }
  });
});

test('[WF1] so it is where updates travel in few bits, crashes and all', { timeout: 120_000 }, () => {
  const updates = { kind: 'top-k', kept: 1_024, bits: 4 } as const;
  const fingerprints = new Set<string>();
  for (let seed = 1; seed <= 20; seed++) {
    const world = createWorld({ seed: 9_000 + seed, volunteers: 6, faults: ALL_FAULTS, ...small });
    const { broken, fingerprint } = runWorld({ ...world, job: { ...world.job, updates } });
    expect({ seed, broken }).toEqual({ seed, broken: undefined });
    fingerprints.add(fingerprint);
  }
  expect(fingerprints.size).toBe(1);
  expect(fingerprints).not.toContain(calm.fingerprint);
});

test.each([1, 4, 12])(
  '[WR1] where a codec leaves something out, what was given has arrived or is still due, in 40 worlds of %i',
  {
    timeout: 120_000,
  },
  (volunteers) => {
    for (let seed = 1; seed <= 40; seed++) {
      const { broken } = runWorld(
        createWorld({ seed: 100 * volunteers + seed, volunteers, faults: ALL_FAULTS, lossy: true, ...small }),
      );
      expect({ seed, broken }).toEqual({ seed, broken: undefined });
    }
  },
);

test.each(['local', 'async'] as const)(
  '[WK1] [WK2] with the strategy %s a version is made of the answers that were accepted, and of none that is too old',
  { timeout: 120_000 },
  (strategy) => {
    for (const volunteers of [1, 4, 12]) {
      for (let seed = 1; seed <= 15; seed++) {
        const request = { seed: 100 * volunteers + seed, volunteers, faults: ALL_FAULTS, strategy, ...small };
        const { broken } = runWorld(createWorld(request));
        expect({ seed, broken }).toEqual({ seed, broken: undefined });
      }
    }
  },
);

test('the same seed is the same world, event for event', () => {
  expect(outcomeOf(7, 12, ALL_FAULTS)).toEqual(outcomeOf(7, 12, ALL_FAULTS));
});

test('another step makes other bytes, so equal bytes say something', () => {
  const longer = runWorld(createWorld({ seed: 0, volunteers: 3, faults: NO_FAULTS, rounds: 7, units: 24 }));
  expect(longer.fingerprint).not.toBe(calm.fingerprint);
});

test('a disk that crashes loses bits of what was durable', () => {
  const tallies = [1, 2, 3, 4, 5, 6].map((seed) => outcomeOf(seed, 6, new Set(['crash', 'disk'])).tally);
  expect(tallies.some(({ rotted }) => rotted > 0)).toBe(true);
});

describe('a fault that is asked for happens', () => {
  const happens: readonly (readonly [Fault, (tally: Tally) => boolean])[] = [
    ['churn', ({ left }) => left > 0],
    ['stragglers', ({ backups, expired }) => backups > 0 && expired > 0],
    ['loss', ({ expired }) => expired > 0],
    ['duplicate', ({ refused }) => refused > 0],
    ['partition', ({ expired }) => expired > 0],
    ['sleep', ({ backups }) => backups > 0],
    ['crash', ({ crashes }) => crashes > 0],
    ['cut', ({ lost, returned }) => lost > 0 && returned > 0],
    ['drain', ({ drains }) => drains > 0],
    ['liars', ({ refused }) => refused > 0],
    ['reorder', ({ overtaken }) => overtaken > 0],
    ['operator', ({ interrupted }) => interrupted > 0],
    ['exact', ({ classChanges }) => classChanges > 0],
  ];
  test.each(happens)('%s', (fault, traceOf) => {
    const tallies = [1, 2, 3, 4, 5, 6].map((seed) => outcomeOf(seed, 6, new Set([fault])).tally);
    expect(tallies.some(traceOf)).toBe(true);
  });
});

test('[WP1] a volunteer that becomes forty times slower gets smaller leases and finishes alone', () => {
  const world = createWorld({ seed: 1, volunteers: 1, faults: NO_FAULTS, ...small });
  const [traits] = world.population;
  const { broken, tally } = runWorld({
    ...world,
    job: { ...world.job, lease: { ...world.job.lease, targetMs: 5_000, heldVectorsMax: 24 } },
    population: [{ ...traits!, unitMs: 50, slowdown: { afterLeases: 12, factor: 40 } }],
  });
  expect(broken).toBeUndefined();
  expect(tally.expired).toBeLessThan(6);
});

test('[WP1] a stop that the disk refuses is written again, though the newest checkpoint says stopped already', {
  timeout: 120_000,
}, () => {
  const { broken } = runWorld(
    createWorld({ seed: 5101, volunteers: 2, rounds: 2, units: 24, faults: ALL_FAULTS }),
  );
  expect(broken).toBeUndefined();
});

test('[WP1] a class of device that is there and never answers stops no other', () => {
  const world = createWorld({ seed: 2, volunteers: 2, faults: new Set(['exact'] as const), ...small });
  const [honest, other] = world.population;
  const { broken, tally } = runWorld({
    ...world,
    job: { ...world.job, exact: true },
    population: [
      { ...honest!, arrivesAtMs: 1_000 },
      { ...other!, arrivesAtMs: 0, unitMs: 1e9, device: { ...honest!.device, vendor: 'silent' } },
    ],
  });
  expect(broken).toBeUndefined();
  expect(tally.classChanges).toBe(2);
});

test('[WP1] one liar that answers at once does not pause a healthy job', () => {
  const world = createWorld({ seed: 3, volunteers: 2, faults: NO_FAULTS, ...small });
  const [honest, other] = world.population;
  const { broken, tally } = runWorld({
    ...world,
    population: [honest!, { ...other!, lies: true, unitMs: 1 }],
  });
  expect(broken).toBeUndefined();
  expect(tally.refused).toBeGreaterThan(8);
  expect(tally.diverged).toBe(0);
});
