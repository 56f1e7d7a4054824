import { describe, expect, test } from 'vitest';
import { Bench, leasesIn, smallJob } from '../testing/small-job.ts';
import type { VolunteerId } from '../volunteer.ts';

const LEASES = { targetMs: 1_000, deadlineMinMs: 500, deadlineFirstMs: 30_000, heldVectorsMax: 64 };

/** A round of so many units that some volunteers have already shown their paces in: unit times in milliseconds. */
function open(
  units: number,
  unitMs: readonly number[],
): { bench: Bench; volunteers: VolunteerId[]; left: number } {
  const bench = new Bench(
    smallJob({
      batch: { units: units + unitMs.length, unitSamples: 2 },
      samples: { train: 400, evaluation: 0 },
      lease: LEASES,
    }),
  );
  const volunteers = unitMs.map((_, place) => bench.join(place + 1));
  const leases = volunteers.map((volunteer) => bench.pull(volunteer)!);
  const order = leases.map((lease, place) => ({ lease, ms: unitMs[place]! })).sort((a, b) => a.ms - b.ms);
  for (const { lease, ms } of order) {
    bench.nowMs = ms;
    bench.answer(lease, undefined, ms);
  }
  bench.tell({ type: 'ticked' });
  return { bench, volunteers, left: units };
}

test('[SD4] deadlines follow the measured pace, and are never shorter than the least', () => {
  const { bench, volunteers } = open(8, [100, 100]);
  const lease = bench.pull(volunteers[0]!)!;
  expect(lease.expectedAtMs - bench.nowMs).toBeCloseTo(lease.run.count * 100);
  expect(lease.deadlineMs - bench.nowMs).toBeCloseTo(Math.max(500, 3 * lease.run.count * 100));
  const stranger = bench.pull(bench.join(9))!;
  expect(stranger.deadlineMs - bench.nowMs).toBe(30_000);
});

test('[SD9] who is too slow for this round waits, and works when those who are faster are gone', () => {
  const { bench, volunteers } = open(4, [100, 5_000]);
  const [quick, slow] = volunteers as [VolunteerId, VolunteerId];
  const lease = bench.pull(quick)!;
  bench.tell({ type: 'ticked' });
  expect(bench.pull(slow)).toBeUndefined();
  bench.tell({ type: 'volunteer-left', volunteer: quick });
  bench.nowMs += 50;
  expect(leasesIn([...bench.effects, ...bench.tell({ type: 'ticked' })], slow)).not.toEqual([]);
  expect(lease.volunteer).toBe(quick);
});

test('[SD10] nobody waits for ever on the word of one who has fallen silent', () => {
  const { bench, volunteers } = open(4, [100, 5_000]);
  const [quick, slow] = volunteers as [VolunteerId, VolunteerId];
  bench.pull(quick);
  bench.tell({ type: 'ticked' });
  bench.pull(slow);
  const given = () => leasesIn(bench.effects, slow).length;
  const before = given();
  for (let ticks = 0; ticks < 200 && given() === before; ticks++) {
    bench.nowMs += 50;
    bench.tell({ type: 'ticked' });
  }
  expect(given()).toBeGreaterThan(before);
});

test('[SD14] where somebody is proven, an eighth of a round is tried on strangers and no more', () => {
  const { bench, volunteers } = open(16, [100, 100]);
  const strangers = Array.from({ length: 10 }, (_, place) => bench.join(20 + place));
  expect(strangers.filter((stranger) => bench.pull(stranger) !== undefined)).toHaveLength(3);
  for (const volunteer of volunteers) bench.tell({ type: 'volunteer-left', volunteer });
  expect(new Set(leasesIn(bench.tell({ type: 'ticked' })).map(({ volunteer }) => volunteer)).size).toBe(7);
});

test('[SD18] to evaluate shows no pace, and takes nothing of what is tried on strangers', () => {
  const bench = new Bench(
    smallJob({
      batch: { units: 8, unitSamples: 2 },
      samples: { train: 400, evaluation: 5 },
      evaluation: { everySteps: 1, unitSamples: 2 },
      lease: LEASES,
    }),
  );
  const proven = bench.join(1);
  while (bench.coordinator.view().version.step === 0) {
    const lease = bench.pull(proven)!;
    bench.nowMs += 100;
    if (lease.kind === 'evaluate') bench.evaluate(lease, 0);
    else bench.answer(lease, undefined, 100 * lease.run.count);
  }
  const stranger = bench.join(2);
  const first = bench.pull(stranger)!;
  expect(first.kind).toBe('evaluate');
  bench.evaluate(first, 0);
  expect(bench.pull(stranger)?.kind).toBe('train');
});

test('[SD15] who has shown a pace is served before strangers who wait longer', () => {
  const { bench, volunteers } = open(1, [100, 100]);
  const [lost, proven] = volunteers as [VolunteerId, VolunteerId];
  bench.pull(lost);
  const stranger = bench.join(9);
  bench.pull(stranger);
  bench.pull(proven);
  const effects = bench.tell({ type: 'volunteer-lost', volunteer: lost });
  expect(leasesIn(effects)).toMatchObject([{ backup: true, volunteer: proven }]);
});

describe('backup copies', () => {
  /** All units are out: the last of them with the slow one, who comes first. The others have nothing to do. */
  function lastLease(unitMs: readonly number[]) {
    const { bench, volunteers } = open(1, unitMs);
    const [slow, idle, third] = volunteers as [VolunteerId, VolunteerId, VolunteerId];
    const others = volunteers.slice(1);
    for (const volunteer of others) bench.tell({ type: 'volunteer-lost', volunteer });
    bench.nowMs += 1_100;
    bench.tell({ type: 'ticked' });
    const last = bench.pull(slow)!;
    for (const volunteer of others) bench.tell({ type: 'volunteer-returned', volunteer });
    bench.tell({ type: 'ticked' });
    return { bench, last, slow, idle, third };
  }

  test('[BK1] who has nothing to do copies the lease that is expected last, if it is clearly faster', () => {
    const { bench, last, idle } = lastLease([1_000, 100]);
    expect(bench.pull(idle)).toMatchObject({ backup: true, block: last.block });
    expect(bench.nowMs).toBeLessThan(last.expectedAtMs);
  });

  test('[BK2] who would hardly be sooner copies nothing, until the lease is late', () => {
    const { bench, last, idle } = lastLease([1_000, 600]);
    expect(bench.pull(idle)).toBeUndefined();
    bench.nowMs = last.expectedAtMs + 1_500;
    expect(leasesIn(bench.tell({ type: 'ticked' }), idle)).toMatchObject([{ backup: true }]);
  });

  test('[BK3] no block is in the hands of more than two who are there', () => {
    const { bench, last, idle, third } = lastLease([1_000, 100, 100]);
    const copy = bench.pull(idle)!;
    bench.pull(third);
    bench.nowMs = copy.deadlineMs;
    expect(leasesIn(bench.tell({ type: 'ticked' }), third)).toEqual([]);
    const effects = bench.tell({ type: 'volunteer-lost', volunteer: idle });
    expect(leasesIn(effects, third)).toMatchObject([{ backup: true, block: last.block }]);
  });

  /** Of three who are proven the first is gone with a unit in its hands, the quick one works, and the slow one has nothing to do. */
  function leftBehind() {
    const { bench, volunteers } = open(8, [100, 100, 5_000]);
    const [gone, quick, slow] = volunteers as [VolunteerId, VolunteerId, VolunteerId];
    const left = bench.pull(gone)!;
    const own = bench.pull(quick)!;
    while (bench.pull(quick) !== undefined);
    bench.pull(slow);
    return { bench, left, own, gone, quick, slow };
  }

  test('[BK4] who is idle because it is slow copies nothing that a quick one, who still works, would have answered before', () => {
    const { bench, left, own, gone, quick, slow } = leftBehind();
    const effects = [...bench.tell({ type: 'volunteer-lost', volunteer: gone })];
    bench.nowMs += 100 * own.run.count;
    effects.push(...bench.answer(own, undefined, 100 * own.run.count), ...bench.tell({ type: 'ticked' }));
    const copies = leasesIn(effects).filter(({ backup }) => backup);
    expect(copies).toMatchObject([{ volunteer: quick, block: left.block }]);
    expect(leasesIn(bench.effects, slow).some(({ backup }) => backup)).toBe(false);
  });

  test('[BK4] but it does when nobody else is left', () => {
    const { bench, gone, quick, slow } = leftBehind();
    bench.tell({ type: 'volunteer-lost', volunteer: gone });
    const effects = bench.tell({ type: 'volunteer-lost', volunteer: quick });
    expect(leasesIn(effects, slow)).not.toEqual([]);
  });

  test('[BK5] strangers, of whom nothing is known, copy where nobody who is proven can', () => {
    const { bench, volunteers } = open(2, [100, 100]);
    const [gone, busy] = volunteers as [VolunteerId, VolunteerId];
    const leases = [bench.pull(gone)!, bench.pull(busy)!];
    expect(leases.map(({ run }) => run.count)).toEqual([1, 1]);
    const stranger = bench.join(9);
    bench.pull(stranger);
    const lose = (volunteer: VolunteerId) => bench.tell({ type: 'volunteer-lost', volunteer });
    expect(leasesIn(lose(gone), stranger)).toEqual([]);
    expect(leasesIn(lose(busy), stranger)).toMatchObject([{ backup: true, block: leases[0]!.block }]);
  });
});

test('[SD19] who has shown no pace is tried on one unit at a time, and may evaluate meanwhile', () => {
  const { bench } = open(16, [100, 100]);
  const stranger = bench.join(9);
  const first = bench.pull(stranger)!;
  expect(first.run.count).toBe(1);
  expect(bench.pull(stranger)).toBeUndefined();
  bench.nowMs += 100;
  expect(leasesIn(bench.answer(first, undefined, 100), stranger)).toHaveLength(1);
  const evaluation = { everySteps: 1, unitSamples: 2 };
  const measured = new Bench(smallJob({ evaluation, lease: LEASES }));
  const alone = measured.join(1);
  expect([measured.pull(alone), measured.pull(alone)]).toMatchObject([
    { kind: 'evaluate' },
    { kind: 'evaluate' },
  ]);
});

/** Plays a job to its end: all ask, and whoever got something answers it at once and says how long it took. */
function play(bench: Bench, volunteers: readonly VolunteerId[], steps: number, roundTripMs: number): void {
  const ask = (volunteer: VolunteerId) => leasesIn(bench.tell({ type: 'lease-pulled', volunteer }));
  let leases = volunteers.flatMap(ask);
  const { coordinator } = bench;
  while (coordinator.view().version.step < steps) {
    expect(leases.length).toBeGreaterThan(0);
    bench.nowMs += roundTripMs;
    const effects = leases.flatMap((lease) => [...bench.answer(lease, undefined, 1)]);
    const asked = leases.flatMap(({ volunteer }) => ask(volunteer));
    leases = [...leasesIn(effects), ...asked, ...leasesIn(bench.tell({ type: 'ticked' }))];
    bench.effects.length = 0;
  }
}

test('[SD16] of many who wait for few units none is believed to be faster than any has shown, however long the job', () => {
  const steps = 2_000;
  const bench = new Bench(
    smallJob({
      batch: { units: 2, unitSamples: 2 },
      samples: { train: 400, evaluation: 0 },
      stop: { steps },
      lease: LEASES,
    }),
  );
  const volunteers = Array.from({ length: 12 }, (_, place) => bench.join(place + 1));
  play(bench, volunteers, steps, 20);
  const { volunteers: shown } = bench.coordinator.view();
  // A unit of two samples in a millisecond is what each said.
  for (const { samplesPerSecond } of shown) expect(samplesPerSecond ?? 0).toBeLessThanOrEqual(2_000.1);
});
