import { describe, expect, test } from 'vitest';
import { initialCheckpoint, recovered } from './central-model.ts';
import type { Job } from './job.ts';
import type { Lease } from './lease.ts';
import { Bench, DEVICE, leasesIn, smallJob, typesOf, vectorFor } from './testing/small-job.ts';
import { type DeviceClass, sameDevice, type VolunteerId } from './volunteer.ts';

const APPLE: DeviceClass = { ...DEVICE, backend: 'webgpu', vendor: 'apple' };
const INTEL: DeviceClass = { ...DEVICE, backend: 'webgpu', vendor: 'intel' };
const NVIDIA: DeviceClass = { ...DEVICE, backend: 'webgpu', vendor: 'nvidia' };

/** As long as a class may hand in nothing good: four first units and a minute of rest. */
const PATIENCE_MS = 4 * 2_000 + 60_000;

/** Two units a batch and nothing to measure, for what matters is who gets them. */
function exactBench(changes: Partial<Job> = {}): Bench {
  const batch = { units: 2, unitSamples: 2 };
  return new Bench(smallJob({ batch, samples: { train: 40, evaluation: 0 }, exact: true, ...changes }));
}

function changesOf(bench: Bench) {
  return bench.effects.flatMap((effect) =>
    effect.type === 'record' && effect.entry.kind === 'class-changed' ? [effect.entry] : [],
  );
}

/** Whom leases went to in this turn. */
function grantedBy(effects: Parameters<typeof leasesIn>[0]): VolunteerId[] {
  return leasesIn(effects).map(({ volunteer }) => volunteer);
}

/** Volunteers who ask, answer after so long for each unit, and ask again. */
class Crowd {
  readonly bench: Bench;
  /** As the history says, and when. */
  readonly changes: (ReturnType<typeof changesOf>[number] & { readonly atMs: number })[] = [];
  readonly #unitMs = new Map<VolunteerId, number>();
  #open: Lease[] = [];
  #looked = 0;

  constructor(bench: Bench) {
    this.bench = bench;
  }

  /** The maker of the devices that have the turn. */
  get serving(): string {
    return this.bench.coordinator.view().serving!.vendor;
  }

  come(id: number, device: DeviceClass, unitMs = 1_000): VolunteerId {
    const volunteer = this.bench.join(id, device);
    this.takeUp(volunteer, unitMs);
    return volunteer;
  }

  takeUp(volunteer: VolunteerId, unitMs = 1_000): void {
    this.#unitMs.set(volunteer, unitMs);
    this.bench.pull(volunteer);
    this.#look();
  }

  leave(volunteer: VolunteerId): void {
    leave(this.bench, volunteer);
    this.#look();
  }

  pass(ms: number): void {
    const { bench } = this;
    for (const untilMs = bench.nowMs + ms; bench.nowMs < untilMs; ) {
      bench.nowMs += 1_000;
      const isDone = ({ volunteer, grantedAtMs, run }: Lease) =>
        bench.nowMs >= grantedAtMs + this.#unitMs.get(volunteer)! * run.count;
      const done = this.#open.filter(isDone);
      this.#open = this.#open.filter((lease) => !isDone(lease));
      for (const lease of done) {
        bench.answer(lease);
        bench.pull(lease.volunteer);
      }
      bench.tell({ type: 'ticked' });
      this.#look();
    }
  }

  #look(): void {
    for (const effect of this.bench.effects.slice(this.#looked)) {
      if (effect.type === 'assign') this.#open.push(effect.lease);
      if (effect.type === 'record' && effect.entry.kind === 'class-changed')
        this.changes.push({ ...effect.entry, atMs: this.bench.nowMs });
    }
    this.#looked = this.bench.effects.length;
  }
}

function leave(bench: Bench, volunteer: VolunteerId) {
  return bench.tell({ type: 'volunteer-left', volunteer });
}

describe('who is served', () => {
  test('[XC1] the first who asks decides which class serves, and others get nothing, fresh or copied', () => {
    const bench = exactBench();
    const [apple, intel] = [bench.join(1, APPLE), bench.join(2, INTEL)];
    expect(bench.coordinator.view().serving).toBeUndefined();
    const lease = bench.pull(apple)!;
    expect(bench.coordinator.view().serving).toEqual(APPLE);
    expect(changesOf(bench)).toEqual([{ kind: 'class-changed', step: 0, to: APPLE, units: 0 }]);
    expect(bench.effects).toContainEqual({ type: 'serving', device: APPLE });
    expect(bench.pull(intel)).toBeUndefined();
    bench.tell({ type: 'volunteer-lost', volunteer: apple });
    bench.nowMs = lease.deadlineMs;
    expect(leasesIn(bench.tell({ type: 'ticked' }))).toEqual([]);
    // The unit that is free, and a copy of the one that is not.
    expect(bench.pull(bench.join(3, APPLE))).toMatchObject({ backup: false });
    expect(bench.pull(bench.join(4, APPLE))).toMatchObject({ backup: true, block: lease.block });
    expect(leasesIn(bench.effects, intel)).toEqual([]);
  });

  test('[XC2] who is of another class is counted on for nothing, whatever pace it has shown', () => {
    const run = (others: number) => {
      const bench = exactBench({ batch: { units: 32, unitSamples: 2 }, stop: { steps: 50 } });
      const silent = bench.join(1, INTEL);
      bench.answer(bench.pull(silent)!);
      const workers = [bench.join(2, APPLE), bench.join(3, APPLE)];
      for (const worker of workers) bench.pull(worker);
      bench.nowMs += PATIENCE_MS;
      bench.tell({ type: 'ticked' });
      for (let id = 4; id < 4 + others; id++) bench.pull(bench.join(id, INTEL));
      if (others > 0) bench.pull(silent);
      const open = leasesIn(bench.effects).filter(({ volunteer }) => workers.includes(volunteer));
      const runs: Lease['run'][] = [];
      while (runs.length < 100) {
        const lease = open.shift()!;
        runs.push(lease.run);
        bench.nowMs += 20 * lease.run.count;
        open.push(...leasesIn(bench.answer(lease, vectorFor(lease), 20 * lease.run.count)));
        open.push(...leasesIn(bench.tell({ type: 'lease-pulled', volunteer: lease.volunteer })));
      }
      // Nobody hopes that it has become faster, for it was not passed over.
      return { runs, pace: bench.coordinator.view().volunteers[0]!.samplesPerSecond };
    };
    expect(run(10)).toEqual(run(0));
  });

  test('[XC3] where a job does not ask for it, all classes are served at once', () => {
    const bench = exactBench({ exact: false });
    const [apple, intel] = [bench.join(1, APPLE), bench.join(2, INTEL)];
    expect([bench.pull(apple), bench.pull(intel)]).not.toContain(undefined);
    expect(bench.coordinator.view().serving).toBeUndefined();
    expect(typesOf(bench.effects)).not.toContain('serving');
  });
});

describe('when a turn ends', () => {
  test('[XC4] a class loses its turn when the last of it has left, not because lines are lost', () => {
    const bench = exactBench();
    const [first, second, other] = [bench.join(1, APPLE), bench.join(2, APPLE), bench.join(3, INTEL)];
    bench.pull(first);
    const lease = bench.pull(second)!;
    bench.pull(other);
    leave(bench, first);
    bench.tell({ type: 'volunteer-lost', volunteer: second });
    // Its lease ends, and it may still come back to the round that it has begun.
    bench.nowMs = 2 * lease.deadlineMs;
    bench.tell({ type: 'ticked' });
    expect(leasesIn(bench.effects, other)).toEqual([]);
    bench.tell({ type: 'volunteer-returned', volunteer: second });
    expect(bench.pull(second)).toBeDefined();
    bench.tell({ type: 'volunteer-lost', volunteer: second });
    expect(grantedBy(leave(bench, second))).toEqual([other]);
    expect(changesOf(bench).at(-1)).toEqual({
      ...{ kind: 'class-changed', step: 0, from: APPLE, to: INTEL, units: 0 },
    });
    // Who comes back waits as everybody does.
    expect(bench.pull(bench.join(4, APPLE))).toBeUndefined();
  });

  test('[XC4] who comes back before anybody takes over goes on', () => {
    const bench = exactBench();
    const apple = bench.join(1, APPLE);
    bench.answer(bench.pull(apple)!);
    leave(bench, apple);
    expect(bench.pull(bench.join(2, APPLE))).toBeDefined();
    expect(changesOf(bench)).toHaveLength(1);
  });

  test('[XC4] so does a class that takes over while some of it are lost', () => {
    const bench = exactBench();
    const [apple, intel, lost] = [bench.join(1, APPLE), bench.join(2, INTEL), bench.join(3, INTEL)];
    bench.pull(apple);
    bench.tell({ type: 'volunteer-lost', volunteer: lost });
    bench.pull(intel);
    leave(bench, apple);
    bench.pull(bench.join(4, NVIDIA));
    leave(bench, intel);
    expect(bench.coordinator.view().serving).toEqual(INTEL);
    bench.tell({ type: 'volunteer-returned', volunteer: lost });
    expect(bench.pull(lost)).toBeDefined();
    leave(bench, lost);
    expect(bench.coordinator.view().serving).toEqual(NVIDIA);
  });

  test('[XC5] then the class takes over that has served least by the head, and of equals the one that came first', () => {
    const crowd = new Crowd(exactBench({ stop: { steps: 1_000_000 } }));
    const { bench } = crowd;
    const apple = crowd.come(1, APPLE);
    const [intel, absent] = [crowd.come(2, INTEL), bench.join(3, NVIDIA)];
    bench.pull(absent);
    bench.tell({ type: 'volunteer-lost', volunteer: absent });
    crowd.come(4, NVIDIA);
    crowd.leave(apple);
    expect(crowd.serving).toBe('intel');
    crowd.pass(10_000);
    crowd.come(5, APPLE);
    crowd.pass(10_000);
    crowd.leave(intel);
    expect(crowd.serving).toBe('nvidia');
    crowd.pass(5_000);
    // What who comes now would have served is 5 s; of apple, who came before, it is 10 s.
    crowd.come(6, INTEL);
    crowd.leave(absent);
    crowd.leave(4 as VolunteerId);
    expect(crowd.serving).toBe('intel');
  });

  test('[XC16] a class that is a minute by the head ahead of one that waits gives way with its version, at no cost', () => {
    const crowd = new Crowd(exactBench({ stop: { steps: 1_000_000 } }));
    for (const id of [1, 2, 3]) crowd.come(id, APPLE, 700);
    crowd.come(4, INTEL, 700);
    const served = new Map<string, number>();
    for (let second = 0; second < 1_800; second++) {
      crowd.pass(1_000);
      served.set(crowd.serving, (served.get(crowd.serving) ?? 0) + 1);
    }
    // Everybody brings its class the same time.
    expect(served.get('apple')! / served.get('intel')!).toBeCloseTo(3, 0);
    const [, first, second] = crowd.changes;
    expect(first!.atMs).toBeGreaterThanOrEqual(3 * 60_000);
    expect(first!.atMs).toBeLessThan(3 * 60_000 + 3_000);
    expect(second!.atMs - first!.atMs).toBeGreaterThanOrEqual(2 * 60_000);
    expect(second!.atMs - first!.atMs).toBeLessThan(2 * 60_000 + 3_000);
    expect(crowd.changes.map(({ units }) => units)).toEqual(crowd.changes.map(() => 0));
    // No lease was given in vain.
    expect(crowd.bench.effects).not.toContainEqual({
      type: 'record',
      entry: expect.objectContaining({ kind: 'lease-ended', end: 'released' }),
    });
  });

  test('[XC17] a round that takes too long begins again in other hands, and its class may take twice as long the next time', () => {
    const lease = { targetMs: 1, deadlineMinMs: 500, deadlineFirstMs: 60_000, heldVectorsMax: 16 };
    const crowd = new Crowd(exactBench({ lease, batch: { units: 8, unitSamples: 2 }, stop: { steps: 1e6 } }));
    crowd.come(1, APPLE, 50_000);
    crowd.come(2, INTEL, 1_000);
    crowd.pass(1_400_000);
    const cut = crowd.changes.filter(({ units }) => units > 0);
    expect(cut.map(({ from }) => from)).toEqual([APPLE, APPLE]);
    const turns = cut.map(
      ({ atMs }) => atMs - (crowd.changes.findLast((before) => before.atMs < atMs)?.atMs ?? 0),
    );
    // It was a minute and a version of the other behind when its second turn began.
    expect(turns[0]).toBe(120_000);
    expect(turns[1]).toBeGreaterThanOrEqual(240_000 + 60_000);
    expect(turns[1]).toBeLessThan(240_000 + 70_000);
    // The third time is time enough.
    const [back] = crowd.changes.filter(({ to, atMs }) => sameDevice(to, APPLE) && atMs > cut[1]!.atMs);
    const next = crowd.changes.find(({ atMs }) => atMs > back!.atMs)!;
    expect(next).toMatchObject({ from: APPLE, to: INTEL, units: 0, step: back!.step + 1 });
  });

  test('[XC18] who is new, or did not ask for long, is owed a minute at most', () => {
    const crowd = new Crowd(exactBench({ stop: { steps: 1_000_000 } }));
    const rests = crowd.bench.join(1, INTEL);
    crowd.come(2, APPLE);
    crowd.pass(600_000);
    crowd.come(3, NVIDIA);
    crowd.pass(58_000);
    expect(crowd.changes).toHaveLength(1);
    crowd.pass(4_000);
    expect(crowd.serving).toBe('nvidia');
    crowd.pass(200_000);
    const before = crowd.bench.nowMs;
    crowd.takeUp(rests);
    crowd.pass(400_000);
    const [turn, after] = crowd.changes.filter(({ atMs }) => atMs > before);
    expect(turn!.to).toEqual(INTEL);
    expect(turn!.atMs - before).toBeLessThan(3_000);
    expect(after!.atMs - turn!.atMs).toBeLessThan(124_000);
  });

  test('[XC6] a class of which nothing good came for long gives way, and its late answers count for nothing', () => {
    const bench = exactBench();
    const [idle, other] = [bench.join(1, APPLE), bench.join(2, INTEL)];
    bench.join(3, APPLE);
    bench.pull(idle);
    bench.pull(other);
    const tickAt = (nowMs: number) => {
      bench.nowMs = nowMs;
      return bench.tell({ type: 'ticked' });
    };
    // Liars answer, and get more.
    tickAt(PATIENCE_MS - 1);
    const lie = bench.pull(idle)!;
    expect(typesOf(bench.answer(lie, vectorFor(lie).fill(Number.NaN)))).toContain('refuse');
    const late = bench.pull(idle)!;
    expect(changesOf(bench)).toHaveLength(1);
    const effects = tickAt(PATIENCE_MS);
    expect(effects).toContainEqual({
      type: 'record',
      entry: { kind: 'lease-ended', volunteer: idle, units: 1, end: 'released' },
    });
    expect(grantedBy(effects)).toEqual([other]);
    expect(bench.answer(late)).toContainEqual(expect.objectContaining({ reason: 'lease-ended' }));
  });

  test('[XC6] one that answers goes on, and so does one whose lease is as old and still in time', () => {
    const long = { targetMs: 60_000, deadlineMinMs: 500, deadlineFirstMs: 2_000, heldVectorsMax: 16 };
    const bench = exactBench({ lease: long, batch: { units: 64, unitSamples: 2 } });
    const [apple, other] = [bench.join(1, APPLE), bench.join(2, INTEL)];
    // By the head its turn is long from being over.
    for (let id = 3; id < 12; id++) bench.join(id, APPLE);
    let lease = bench.pull(apple)!;
    bench.pull(other);
    const pass = (ms: number) => {
      for (const untilMs = bench.nowMs + ms; bench.nowMs < untilMs; bench.nowMs += 100)
        bench.tell({ type: 'ticked' });
    };
    while (lease.run.count < 32) {
      pass(1_900 * lease.run.count);
      bench.answer(lease);
      lease = bench.pull(apple)!;
    }
    pass(1.5 * PATIENCE_MS);
    expect(typesOf(bench.answer(lease))).toContain('accept');
    pass(PATIENCE_MS);
    expect(changesOf(bench)).toHaveLength(1);
    pass(100);
    expect(changesOf(bench)).toHaveLength(2);
  });

  test('[XC7] a class that gave way for that has its turn again when all who wait have had theirs', () => {
    const bench = exactBench();
    for (const [place, device] of [APPLE, APPLE, APPLE, INTEL, INTEL, NVIDIA].entries())
      bench.pull(bench.join(1 + place, device));
    const turns = [];
    for (let turn = 0; turn < 6; turn++) {
      turns.push(bench.coordinator.view().serving!.vendor);
      // All ask again, and nobody answers.
      for (let id = 1; id <= 6; id++) bench.pull(id as VolunteerId);
      bench.nowMs += PATIENCE_MS;
      bench.tell({ type: 'ticked' });
    }
    expect(turns).toEqual(['apple', 'intel', 'nvidia', 'apple', 'intel', 'nvidia']);
  });

  test('[XC8] while no lease may go out no class takes over, and time in a pause is no silence', () => {
    const bench = exactBench();
    const [apple, other] = [bench.join(1, APPLE), bench.join(2, INTEL)];
    bench.answer(bench.pull(apple)!);
    bench.pull(other);
    bench.tell({ type: 'pause-asked' });
    bench.nowMs = 10 * PATIENCE_MS;
    bench.tell({ type: 'ticked' });
    bench.tell({ type: 'resume-asked' });
    bench.tell({ type: 'ticked' });
    expect(bench.pull(apple)).toBeDefined();
    bench.tell({ type: 'pause-asked' });
    leave(bench, apple);
    expect(bench.coordinator.view().serving).toEqual(APPLE);
    expect(grantedBy(bench.tell({ type: 'resume-asked' }))).toEqual([other]);
  });
});

describe('what a change costs', () => {
  test('[XC9] the open round begins again, and what was in of it counts for nothing, in sum, measure and credit', () => {
    const bench = exactBench({
      batch: { units: 4, unitSamples: 2 },
      samples: { train: 40, evaluation: 5 },
      evaluation: { everySteps: 1, unitSamples: 2 },
      stop: { steps: 1 },
      checkpoint: { everySteps: 1, everyMs: 1e9 },
    });
    const [apple, intel] = [bench.join(1, APPLE), bench.join(2, INTEL)];
    // Half of everything is in, with numbers that would show.
    for (let i = 0; i < 4; i++) {
      const lease = bench.pull(apple)!;
      if (lease.kind === 'evaluate') bench.evaluate(lease, 1_000);
      else bench.answer(lease, vectorFor(lease).fill(1e6));
    }
    bench.pull(intel);
    leave(bench, apple);
    expect(changesOf(bench).at(-1)).toMatchObject({ from: APPLE, to: INTEL, step: 0, units: 1 });
    expect(bench.coordinator.view().round).toMatchObject({ cells: [], evaluation: { units: 3, done: 0 } });

    const alone = exactBench({ batch: { units: 4, unitSamples: 2 }, stop: { steps: 1 } });
    const [published, expected] = [bench, alone].map((one) => {
      const worker = one === bench ? intel : one.join(2, INTEL);
      const open = leasesIn(one.effects, worker);
      for (;;) {
        const lease = open.shift() ?? one.pull(worker);
        if (lease === undefined) break;
        if (lease.kind === 'evaluate') one.evaluate(lease, 1);
        else one.answer(lease);
      }
      return one.effects.find((effect) => effect.type === 'publish');
    });
    expect(published).toEqual(expected);
    const evaluations = bench.effects.flatMap((effect) =>
      effect.type === 'record' && effect.entry.kind === 'evaluation' ? [effect.entry.evaluation] : [],
    );
    expect(evaluations[0]).toMatchObject({ step: 0, metric: 3 / 5 });
    const saved = bench.effects.find((effect) => effect.type === 'save')!;
    expect(saved.checkpoint.earned).toEqual(new Map([['account-2', 4]]));
  });

  test('[XC10] after a restart the first who asks decides anew, and history says so', () => {
    const job = smallJob({ exact: true });
    const from = recovered(initialCheckpoint(job, Float32Array.of(1, 1), Float32Array.of(0)));
    const bench = new Bench(job, { ...from, version: { ...from.version, step: 2 } });
    bench.pull(bench.join(1, INTEL));
    expect(changesOf(bench)).toEqual([{ kind: 'class-changed', step: 2, to: INTEL, units: 0 }]);
  });
});
