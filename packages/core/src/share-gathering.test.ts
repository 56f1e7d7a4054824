import { describe, expect, test } from 'vitest';
import { initialCheckpoint } from './central-model.ts';
import { createCoordinator } from './coordinator.ts';
import type { Effect } from './effect.ts';
import type { Lease } from './lease.ts';
import { Bench, DEVICE, leasesIn, smallJob, vectorFor } from './testing/small-job.ts';
import type { VolunteerId } from './volunteer.ts';

/** Eight units whose answers travel as float16. */
const JOB = smallJob({
  codec: { kind: 'float16' },
  samples: { train: 40, evaluation: 0 },
  stop: { steps: 9 },
});
/** Every volunteer takes as long for a unit. */
const UNIT_MS = 100;

function answer(bench: Bench, lease: Lease, vector = vectorFor(lease)): readonly Effect[] {
  return bench.answer(lease, vector, UNIT_MS * lease.run.count);
}

/** The leases of a round over which these share, who have shown that they are equally fast. */
function openShared(...ids: readonly number[]): { readonly bench: Bench; readonly leases: readonly Lease[] } {
  const bench = new Bench(JOB);
  const volunteers = ids.map((id) => bench.join(id));
  const of = (step: number) => leasesIn(bench.effects).filter(({ version }) => version.step === step);
  const answered = new Set<Lease>();
  while (bench.coordinator.view().version.step === 0) {
    for (const volunteer of volunteers) bench.pull(volunteer);
    bench.nowMs += UNIT_MS;
    for (const lease of of(0)) {
      if (answered.has(lease)) continue;
      answered.add(lease);
      answer(bench, lease);
    }
  }
  // Some had asked already when the round began.
  for (const volunteer of volunteers) {
    if (!of(1).some((lease) => lease.volunteer === volunteer)) bench.pull(volunteer);
  }
  return { bench, leases: of(1) };
}

function publishedIn(effects: readonly Effect[]): Extract<Effect, { type: 'publish' }> | undefined {
  return effects.find((effect) => effect.type === 'publish');
}

describe('where answers are lossy', () => {
  test('[SQ1] a share of a round is one lease, whatever its size and wherever it begins', () => {
    const { leases } = openShared(1, 2, 3);
    expect(leases.map(({ run }) => run)).toEqual([
      { first: 0, count: 3 },
      { first: 3, count: 3 },
      { first: 6, count: 2 },
    ]);
  });

  test('[SQ8] who is new gets something of the next round, though those who are proven ask first', () => {
    const { bench, leases } = openShared(1, 2);
    const stranger = bench.join(3);
    bench.pull(stranger);
    for (const lease of leases) bench.pull(lease.volunteer);
    bench.nowMs += 4 * UNIT_MS;
    const before = leasesIn(bench.effects).length;
    for (const lease of leases) answer(bench, lease);
    bench.tell({ type: 'ticked' });
    const after = leasesIn(bench.effects).slice(before);
    expect(after.map(({ volunteer, run }) => [volunteer, run.count])).toEqual([
      [leases[0]!.volunteer, 4],
      [leases[1]!.volunteer, 3],
      [stranger, 1],
    ]);
  });

  test('[SQ2] a version is made of every unit once, in whatever runs and order they come', () => {
    const { bench, leases } = openShared(1, 2, 3);
    bench.nowMs += 3 * UNIT_MS;
    const effects = [...leases].reverse().flatMap((lease) => answer(bench, lease));
    const published = publishedIn(effects)!;
    expect(published.version.step).toBe(2);
    // Of eight units with gradients 0 … 7 and 2 the mean over 16 samples, twice at a rate of 0.5.
    expect([...published.params]).toEqual([1 - (2 * 0.5 * 28) / 16, 1 - 2 * 0.5]);
    expect(published.state[0]).toBe(2);
  });

  test('[SQ3] what comes back goes out again, to whom it suits and not as it was', () => {
    const { bench, leases } = openShared(1, 2, 3);
    const [a, b, c] = leases;
    bench.tell({ type: 'volunteer-left', volunteer: b!.volunteer });
    bench.nowMs += 3 * UNIT_MS;
    for (const lease of [a!, c!]) answer(bench, lease);
    const again = [a!, c!].flatMap(({ volunteer }) => bench.pull(volunteer)?.run ?? []);
    expect(again.reduce((units, { count }) => units + count, 0)).toBe(3);
    expect(again).toEqual([
      { first: 3, count: 2 },
      { first: 5, count: 1 },
    ]);
  });

  test('[SQ4] a late share goes out twice, the first answer counts, and the second is not held against it', () => {
    const { bench, leases } = openShared(1, 2, 3);
    const [late, ...others] = leases;
    bench.nowMs = late!.deadlineMs;
    for (const lease of others) answer(bench, lease);
    bench.tell({ type: 'lease-pulled', volunteer: others[0]!.volunteer });
    const [copy] = leasesIn(bench.tell({ type: 'ticked' }));
    expect(copy).toMatchObject({ backup: true, run: late!.run });
    expect(publishedIn(answer(bench, copy!))).toBeDefined();
    const second = answer(bench, late!, Float32Array.of(9, 9, 9, 9, 9));
    expect(second).toContainEqual(expect.objectContaining({ type: 'refuse', reason: 'lease-ended' }));
    expect(JSON.stringify(second)).not.toContain('compared');
  });

  test('[SQ5] a sum that is not finite is refused and takes nothing of the others along', () => {
    const { bench, leases } = openShared(1, 2);
    const [a, b] = leases;
    bench.nowMs += 4 * UNIT_MS;
    answer(bench, a!);
    const refused = answer(bench, b!, new Float32Array(5).fill(Number.NaN));
    expect(refused).toContainEqual(expect.objectContaining({ type: 'refuse', reason: 'not-finite' }));
    let published: ReturnType<typeof publishedIn>;
    while (published === undefined) {
      const again = bench.pull(a!.volunteer) ?? bench.pull(b!.volunteer)!;
      expect(again.run.first).toBeGreaterThanOrEqual(b!.run.first);
      bench.nowMs += UNIT_MS * again.run.count;
      published = publishedIn(answer(bench, again));
    }
    expect(published.params[1]).toBe(0);
  });

  test('[SQ7] no more leases are out than vectors may be held, and who waits is served when one has ended', () => {
    const lease = { targetMs: 1_000, deadlineMinMs: 500, deadlineFirstMs: 2_000, heldVectorsMax: 2 };
    const bench = new Bench({ ...JOB, lease });
    const [a, b, c] = [1, 2, 3].map((id) => bench.join(id));
    const first = bench.pull(a!)!;
    expect(bench.pull(b!)).toBeDefined();
    expect(bench.pull(c!)).toBeUndefined();
    bench.nowMs += UNIT_MS;
    expect(leasesIn(answer(bench, first), c)).toHaveLength(1);
  });

  test('[SQ6] one vector is held, and every other that went into it is given back once', () => {
    const spared: Float32Array[] = [];
    const start = initialCheckpoint(JOB, Float32Array.of(1, 1), Float32Array.of(0));
    const coordinator = createCoordinator(JOB, start, (vector) => spared.push(vector));
    const volunteer = 1 as VolunteerId;
    coordinator.step({ type: 'volunteer-joined', volunteer, account: 'a', device: DEVICE }, 0);
    const sent: Float32Array[] = [];
    for (let units = 0; units < JOB.batch.units; ) {
      expect(coordinator.view().heldVectors).toBe(units === 0 ? 0 : 1);
      const [lease] = leasesIn(coordinator.step({ type: 'lease-pulled', volunteer }, units));
      const vector = vectorFor(lease!);
      sent.push(vector);
      units += lease!.run.count;
      const samples = 2 * lease!.run.count;
      const contribution = { volunteer, lease: lease!.id, samples, vector, computeMs: 1 };
      coordinator.step({ type: 'contribution-arrived', ...contribution }, units);
    }
    expect(spared).toHaveLength(sent.length);
    expect(new Set(spared)).toEqual(new Set(sent));
    expect(coordinator.view().heldVectorsPeak).toBe(1);
  });
});
