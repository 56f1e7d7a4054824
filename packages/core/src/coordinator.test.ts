import { describe, expect, test } from 'vitest';
import { initialCheckpoint, recovered } from './central-model.ts';
import type { Effect } from './effect.ts';
import type { LeaseId } from './lease.ts';
import { completeOptimizerSpec } from './optimizer/index.ts';
import { Bench, DEVICE, leasesIn, smallJob, typesOf, vectorFor } from './testing/small-job.ts';
import type { VolunteerId } from './volunteer.ts';

/** Lets one volunteer do everything until nothing is left to pull. */
function workAlone(bench: Bench, volunteer: VolunteerId, metricSum = 0): void {
  for (let lease = bench.pull(volunteer); lease !== undefined; lease = bench.pull(volunteer)) {
    bench.nowMs += 10;
    if (lease.kind === 'train') bench.answer(lease);
    else bench.evaluate(lease, metricSum);
  }
}

describe('leases', () => {
  test('[LS1] volunteers pull: nobody gets a lease that did not ask, and nobody more than two', () => {
    const bench = new Bench(smallJob({ evaluation: { everySteps: 100, unitSamples: 5 } }));
    const first = bench.join(1);
    expect(leasesIn(bench.effects)).toEqual([]);
    expect(bench.pull(first)).toBeDefined();
    expect(bench.pull(first)).toBeDefined();
    expect(bench.pull(first)).toBeUndefined();
  });

  test('[LS2] who waits is served when units come back, longest wait first', () => {
    const bench = new Bench(
      smallJob({ batch: { units: 1, unitSamples: 2 }, samples: { train: 40, evaluation: 0 } }),
    );
    const [a, b, c] = [bench.join(1), bench.join(2), bench.join(3)];
    const lease = bench.pull(a)!;
    bench.pull(b);
    bench.pull(c);
    const effects = bench.tell({ type: 'lease-released', volunteer: a, lease: lease.id });
    expect(leasesIn(effects).map(({ volunteer }) => volunteer)).toEqual([b]);
  });

  test('[LS3] a lease past its deadline is copied by an idle volunteer, and the first answer of the two counts', () => {
    const bench = new Bench(
      smallJob({ batch: { units: 1, unitSamples: 2 }, samples: { train: 40, evaluation: 0 } }),
    );
    const [slow, quick] = [bench.join(1), bench.join(2)];
    const original = bench.pull(slow)!;
    expect(bench.pull(quick)).toBeUndefined();
    bench.nowMs = original.deadlineMs;
    const [copy] = leasesIn(bench.tell({ type: 'ticked' }), quick);
    expect(copy).toMatchObject({ backup: true, block: original.block });
    expect(typesOf(bench.answer(copy!))).toContain('publish');
    const late = bench.answer(original);
    expect(late).toContainEqual({
      type: 'refuse',
      volunteer: slow,
      lease: original.id,
      reason: 'already-in',
    });
    expect(late).toContainEqual({
      type: 'record',
      entry: { kind: 'compared', volunteer: slow, first: quick, agrees: true },
    });
  });

  test('[LS4] a second answer that differs from the one that was merged is told from one that agrees', () => {
    const bench = new Bench(
      smallJob({ batch: { units: 1, unitSamples: 2 }, samples: { train: 40, evaluation: 0 } }),
    );
    const [slow, quick] = [bench.join(1), bench.join(2)];
    const original = bench.pull(slow)!;
    bench.pull(quick);
    bench.nowMs = original.deadlineMs;
    bench.answer(leasesIn(bench.tell({ type: 'ticked' }), quick)[0]!);
    const late = bench.answer(original, vectorFor(original).fill(9));
    expect(late).toContainEqual({
      type: 'record',
      entry: { kind: 'compared', volunteer: slow, first: quick, agrees: false },
    });
  });

  test('[CP5] between classes of device answers agree within the tolerance, and both are noted', () => {
    for (const [factor, agrees] of [
      [1.001, true],
      [1.1, false],
    ] as const) {
      const bench = new Bench(
        smallJob({ batch: { units: 1, unitSamples: 2 }, samples: { train: 40, evaluation: 0 } }),
      );
      const [slow, quick] = [bench.join(1), bench.join(2, { ...DEVICE, backend: 'webgpu' })];
      const original = bench.pull(slow)!;
      bench.pull(quick);
      const [copy] = leasesIn(bench.tell({ type: 'volunteer-lost', volunteer: slow }), quick);
      bench.answer(copy!, vectorFor(copy!));
      const vector = vectorFor(original).map((x) => factor * x);
      expect(bench.answer(original, vector)).toContainEqual({
        type: 'record',
        entry: { kind: 'compared', volunteer: slow, first: quick, agrees },
      });
      const noted = bench.coordinator.view().volunteers.map(({ agreed, disagreed }) => [agreed, disagreed]);
      expect(noted).toEqual(
        agrees
          ? [
              [1, 0],
              [1, 0],
            ]
          : [
              [0, 1],
              [0, 1],
            ],
      );
    }
  });

  /** One volunteer's lease expires, and another has the block. */
  function expiredBench(second = DEVICE) {
    const bench = new Bench(
      smallJob({ batch: { units: 1, unitSamples: 2 }, samples: { train: 40, evaluation: 0 } }),
    );
    const [slow, quick] = [bench.join(1), bench.join(2, second)];
    const expired = bench.pull(slow)!;
    bench.nowMs = 2 * expired.deadlineMs;
    bench.tell({ type: 'ticked' });
    const again = bench.pull(quick)!;
    expect(again).toMatchObject({ block: expired.block, backup: false });
    return { bench, slow, quick, expired, again };
  }

  const comparedIn = (effects: readonly Effect[]) =>
    effects.flatMap((effect) =>
      effect.type === 'record' && effect.entry.kind === 'compared' ? [effect.entry] : [],
    );

  test.each([
    ['a class of its own', { ...DEVICE, backend: 'webgpu' as const }, 1.1],
    ['one class', DEVICE, 1 + 2 ** -20],
  ])(
    '[CP6] in %s the answer to an expired lease is compared with the one that counts, before it and after it',
    (_, device, factor) => {
      for (const order of ['before', 'after']) {
        for (const agrees of [true, false]) {
          const { bench, slow, quick, expired, again } = expiredBench(device);
          const vector = vectorFor(expired).map((x) => (agrees ? x : factor * x));
          const answers = [() => bench.answer(again), () => bench.answer(expired, vector)];
          const [effects, late] =
            order === 'after'
              ? answers.map((act) => act())
              : answers
                  .reverse()
                  .map((act) => act())
                  .reverse();
          const compared = { kind: 'compared', volunteer: slow, first: quick, agrees };
          expect(comparedIn([...effects!, ...late!])).toEqual([compared]);
          expect(typesOf(effects!)).toContain('accept');
          expect(late).toContainEqual(
            expect.objectContaining({
              type: 'refuse',
              reason: order === 'after' ? 'already-in' : 'lease-ended',
            }),
          );
          const noted = bench.coordinator
            .view()
            .volunteers.map(({ agreed, disagreed }) => [agreed, disagreed]);
          expect(noted).toEqual(
            agrees
              ? [
                  [1, 0],
                  [1, 0],
                ]
              : [
                  [0, 1],
                  [0, 1],
                ],
          );
        }
      }
    },
  );

  test('[CP6] nobody is compared with himself', () => {
    const bench = new Bench(
      smallJob({ batch: { units: 1, unitSamples: 2 }, samples: { train: 40, evaluation: 0 } }),
    );
    const slow = bench.join(1);
    const expired = bench.pull(slow)!;
    bench.nowMs = 2 * expired.deadlineMs;
    bench.tell({ type: 'ticked' });
    const again = bench.pull(slow)!;
    expect(comparedIn([...bench.answer(expired), ...bench.answer(again)])).toEqual([]);
  });

  test('[CP6] an answer that is no good says nothing, and who is second is not counted as refused', () => {
    const { bench, slow, expired, again } = expiredBench();
    expect(bench.answer(expired, new Float32Array(4))).toContainEqual(
      expect.objectContaining({ reason: 'wrong-length' }),
    );
    expect(bench.answer(expired, new Float32Array(5).fill(Number.NaN))).toContainEqual(
      expect.objectContaining({ reason: 'not-finite' }),
    );
    expect(comparedIn(bench.answer(again))).toEqual([]);
    expect(comparedIn(bench.answer(expired))).toHaveLength(1);
    expect(bench.answer(expired)).toContainEqual(expect.objectContaining({ reason: 'lease-ended' }));
    const refused = bench.coordinator.view().volunteers.find(({ volunteer }) => volunteer === slow)?.refused;
    expect(refused).toBe(3);
  });

  test('[CP9] with a lossy codec, which leaves out something else each time, no two gradients are compared', () => {
    const bench = new Bench(
      smallJob({
        ...{ batch: { units: 1, unitSamples: 2 }, samples: { train: 40, evaluation: 0 } },
        codec: { kind: 'int8' },
      }),
    );
    const [slow, quick] = [bench.join(1), bench.join(2)];
    const original = bench.pull(slow)!;
    bench.pull(quick);
    bench.nowMs = original.deadlineMs;
    const [copy] = leasesIn(bench.tell({ type: 'ticked' }), quick);
    expect(copy).toMatchObject({ backup: true, block: original.block });
    bench.answer(copy!);
    const late = bench.answer(original);
    expect(comparedIn(late)).toEqual([]);
    expect(late).toContainEqual({
      ...{ type: 'refuse', volunteer: slow, lease: original.id },
      reason: 'lease-ended',
    });
    expect(bench.coordinator.view().comparable).toBe(0);
  });

  test('[CP7] evaluations are compared too: exactly within a class, by their loss between classes', () => {
    for (const [backend, loss, agrees] of [
      ['cpu', 1, true],
      ['cpu', 1 + 2 ** -40, false],
      ['webgpu', 1.005, true],
      ['webgpu', 1.02, false],
    ] as const) {
      const bench = new Bench(
        smallJob({ samples: { train: 40, evaluation: 2 }, evaluation: { everySteps: 1, unitSamples: 2 } }),
      );
      const [slow, quick] = [bench.join(1), bench.join(2, { ...DEVICE, backend })];
      const original = bench.pull(slow)!;
      expect(original.kind).toBe('evaluate');
      bench.nowMs = 2 * original.deadlineMs;
      bench.tell({ type: 'ticked' });
      const { id } = bench.pull(quick)!;
      const evaluate = (volunteer: VolunteerId, lease: LeaseId, lossSum: number) =>
        bench.tell({ type: 'evaluation-arrived', volunteer, lease, samples: 2, lossSum, metricSum: 1 });
      expect(comparedIn(evaluate(quick, id, 1))).toEqual([]);
      expect(comparedIn(evaluate(slow, original.id, loss))).toEqual([
        { kind: 'compared', volunteer: slow, first: quick, agrees },
      ]);
    }
  });

  test('[CP8] what may be compared is kept for two rounds, and of expired leases for one and no more than 256', () => {
    const bench = new Bench(
      smallJob({ batch: { units: 1, unitSamples: 2 }, samples: { train: 40, evaluation: 0 } }),
    );
    const kept = () => bench.coordinator.view().comparable;
    const [idle, quick] = [bench.join(1), bench.join(2)];
    let lease = bench.pull(idle)!;
    for (let i = 0; i < 300; i++) {
      bench.nowMs += 10_000;
      bench.tell({ type: 'ticked' });
      expect(kept()).toBe(Math.min(i + 1, 256));
      if (i < 299) lease = bench.pull(idle)!;
    }
    bench.answer(bench.pull(quick)!);
    expect(kept()).toBe(256);
    bench.answer(lease);
    expect(kept()).toBe(255);
    bench.answer(bench.pull(quick)!);
    expect(kept()).toBe(0);
  });

  test('[LS7] a pull that overtakes an answer on its way is kept until there is room', () => {
    const bench = new Bench(smallJob({ samples: { train: 40, evaluation: 0 } }));
    const volunteer = bench.join(1);
    bench.answer(bench.pull(volunteer)!);
    const [first] = [bench.pull(volunteer)!, bench.pull(volunteer)!];
    expect(bench.pull(volunteer)).toBeUndefined();
    expect(leasesIn(bench.answer(first), volunteer)).toHaveLength(1);
  });

  test('[LS5] a volunteer that never answers loses its lease, and the next to ask gets the units', () => {
    const bench = new Bench(
      smallJob({ samples: { train: 40, evaluation: 0 }, batch: { units: 1, unitSamples: 2 } }),
    );
    const lost = bench.pull(bench.join(1))!;
    bench.nowMs = 2 * lost.deadlineMs;
    expect(bench.tell({ type: 'ticked' })).toContainEqual({
      type: 'record',
      entry: { kind: 'lease-ended', volunteer: lost.volunteer, units: 1, end: 'expired' },
    });
    expect(bench.pull(bench.join(2))).toMatchObject({ block: lost.block, backup: false });
    expect(bench.answer(lost)).toContainEqual(
      expect.objectContaining({ type: 'refuse', reason: 'lease-ended' }),
    );
  });

  test('[LS6] a tab that closes gives its units back at once', () => {
    const bench = new Bench(smallJob({ samples: { train: 40, evaluation: 0 } }));
    const [leaver, stayer] = [bench.join(1), bench.join(2)];
    const lease = bench.pull(leaver)!;
    const effects = bench.tell({ type: 'volunteer-left', volunteer: leaver });
    expect(effects).toContainEqual({
      type: 'record',
      entry: { kind: 'left', volunteer: leaver, unitsReturned: 1 },
    });
    expect(bench.pull(stayer)?.block).toEqual(lease.block);
  });
});

describe('volunteers whose line breaks', () => {
  const oneUnit = () =>
    new Bench(smallJob({ batch: { units: 1, unitSamples: 2 }, samples: { train: 40, evaluation: 0 } }));

  test('[LO1] a lost volunteer’s lease may be copied at once, and nobody waits for its deadline', () => {
    const bench = oneUnit();
    const [lost, idle] = [bench.join(1), bench.join(2)];
    const lease = bench.pull(lost)!;
    bench.pull(idle);
    const effects = bench.tell({ type: 'volunteer-lost', volunteer: lost });
    expect(effects).toContainEqual({ type: 'record', entry: { kind: 'lost', volunteer: lost, units: 1 } });
    expect(leasesIn(effects, idle)).toMatchObject([{ backup: true, block: lease.block }]);
  });

  test('[LO2] a lost volunteer gets nothing, whatever it had asked for', () => {
    const bench = new Bench(smallJob({ samples: { train: 40, evaluation: 0 } }));
    const [lost, other] = [bench.join(1), bench.join(2)];
    const lease = bench.pull(other)!;
    bench.tell({ type: 'pause-asked' });
    bench.pull(lost);
    bench.tell({ type: 'volunteer-lost', volunteer: lost });
    expect(leasesIn(bench.tell({ type: 'resume-asked' }))).toEqual([]);
    expect(bench.pull(lost)).toBeUndefined();
    bench.tell({ type: 'lease-released', volunteer: other, lease: lease.id });
    expect(leasesIn(bench.effects, lost)).toEqual([]);
  });

  test('[LO3] back in time, its lease is still its own and its answer counts', () => {
    const bench = oneUnit();
    const volunteer = bench.join(1);
    const lease = bench.pull(volunteer)!;
    bench.tell({ type: 'volunteer-lost', volunteer });
    expect(bench.tell({ type: 'volunteer-returned', volunteer })).toEqual([
      { type: 'record', entry: { kind: 'returned', volunteer, units: 1 } },
    ]);
    expect(bench.pull(volunteer)).toBeUndefined();
    expect(bench.pull(bench.join(2))).toBeUndefined();
    const effects = bench.answer(lease);
    expect(typesOf(effects)).toContain('accept');
    expect(leasesIn(effects).map((next) => next.volunteer)).toEqual([volunteer]);
  });

  test('[LO4] the answer of a lost volunteer counts when it is the first', () => {
    const bench = oneUnit();
    const [lost, idle] = [bench.join(1), bench.join(2)];
    const lease = bench.pull(lost)!;
    bench.pull(idle);
    const [copy] = leasesIn(bench.tell({ type: 'volunteer-lost', volunteer: lost }), idle);
    expect(typesOf(bench.answer(lease))).toContain('publish');
    expect(bench.answer(copy!)).toContainEqual(expect.objectContaining({ reason: 'already-in' }));
  });

  test('[LO5] when the shell’s patience is over, what a lost volunteer held is free', () => {
    const bench = oneUnit();
    const lost = bench.join(1);
    const lease = bench.pull(lost)!;
    bench.tell({ type: 'volunteer-lost', volunteer: lost });
    expect(bench.tell({ type: 'volunteer-left', volunteer: lost })).toContainEqual({
      type: 'record',
      entry: { kind: 'left', volunteer: lost, unitsReturned: 1 },
    });
    expect(bench.pull(bench.join(2))).toMatchObject({ block: lease.block, backup: false });
  });
});

describe('draining', () => {
  test('[DA1] no lease is granted from there on, answers still count, and it is told once, when none is live', () => {
    const bench = new Bench(smallJob({ samples: { train: 40, evaluation: 0 } }));
    const [a, b] = [bench.join(1), bench.join(2)];
    const lease = bench.pull(a)!;
    expect(bench.tell({ type: 'drain-asked' })).toEqual([]);
    expect(bench.pull(b)).toBeUndefined();
    bench.nowMs = lease.deadlineMs;
    expect(bench.tell({ type: 'ticked' })).toEqual([]);
    expect(typesOf(bench.answer(lease))).toEqual(['accept', 'drained']);
    expect(bench.tell({ type: 'drain-asked' })).toEqual([]);
    expect(bench.coordinator.view().progress.status).toBe('running');
  });

  test('[DA3] nobody waits for a volunteer that is lost', () => {
    const bench = new Bench(smallJob({ samples: { train: 40, evaluation: 0 } }));
    const lost = bench.join(1);
    bench.pull(lost);
    expect(bench.tell({ type: 'drain-asked' })).toEqual([]);
    expect(typesOf(bench.tell({ type: 'volunteer-lost', volunteer: lost }))).toContain('drained');
  });

  test('[DA2] where no lease is live it is told at once', () => {
    const bench = new Bench(smallJob());
    expect(bench.tell({ type: 'drain-asked' })).toEqual([{ type: 'drained' }]);
  });
});

describe('answers', () => {
  const open = () => {
    const bench = new Bench(smallJob({ samples: { train: 40, evaluation: 0 } }));
    const lease = bench.pull(bench.join(1))!;
    const reason = (vector: Float32Array, samples = 2, id: LeaseId = lease.id, volunteer = lease.volunteer) =>
      bench
        .tell({ type: 'contribution-arrived', volunteer, lease: id, samples, computeMs: 0, vector })
        .flatMap((effect) => (effect.type === 'refuse' ? [effect.reason] : []))[0];
    return { bench, lease, reason };
  };

  test('[VA1] a vector of another length than the model is refused', () => {
    expect(open().reason(new Float32Array(4))).toBe('wrong-length');
  });

  test('[VA2] a count of samples that is not that of the block is refused', () => {
    expect(open().reason(new Float32Array(5), 3)).toBe('wrong-count');
  });

  test('[VA3] NaN and infinity are refused', () => {
    expect(open().reason(Float32Array.of(0, 0, Number.NaN, 0, 0))).toBe('not-finite');
    expect(open().reason(Float32Array.of(Number.POSITIVE_INFINITY, 0, 0, 0, 0))).toBe('not-finite');
  });

  test('[VA9] an answer whose bytes are no vector is refused by the codec’s word, and its units go back at once', () => {
    const { bench, lease } = open();
    const { volunteer } = lease;
    expect(bench.pull(bench.join(2))).toBeDefined();
    const told = bench.tell({
      ...{ type: 'contribution-unreadable', volunteer, lease: lease.id, reason: 'wrong-indices' },
    });
    expect(told).toContainEqual({ type: 'refuse', volunteer, lease: lease.id, reason: 'wrong-indices' });
    expect(bench.pull(bench.join(3))).toMatchObject({ block: lease.block });
    const without = { volunteer, lease: 99 as LeaseId, reason: 'wrong-length' } as const;
    expect(bench.tell({ type: 'contribution-unreadable', ...without })).toContainEqual(
      expect.objectContaining({ reason: 'lease-unknown' }),
    );
  });

  test('[VA4] an answer to a lease that never was, or is another’s, is refused', () => {
    const { bench, lease, reason } = open();
    expect(reason(vectorFor(lease), 2, 99 as LeaseId)).toBe('lease-unknown');
    expect(reason(vectorFor(lease), 2, lease.id, bench.join(2))).toBe('lease-unknown');
  });

  test('[VA5] an answer sent twice counts once', () => {
    const { bench, lease } = open();
    expect(typesOf(bench.answer(lease))).toContain('accept');
    expect(bench.answer(lease)).toContainEqual(
      expect.objectContaining({ type: 'refuse', reason: 'lease-ended' }),
    );
  });

  test('[VA6] the units of a refused answer go back at once, so nothing waits for them', () => {
    const { bench, lease, reason } = open();
    reason(new Float32Array(4));
    expect(bench.pull(lease.volunteer)?.block).toEqual(lease.block);
  });
});

test('[VA7] answers that are not finite one after the other pause the job and say that it diverged', () => {
  const bench = new Bench(smallJob({ samples: { train: 40, evaluation: 0 } }));
  const volunteer = bench.join(1);
  const diverge = () => bench.answer(bench.pull(volunteer)!, new Float32Array(5).fill(Number.NaN));
  for (let i = 0; i < 7; i++) diverge();
  bench.answer(bench.pull(volunteer)!);
  for (let i = 0; i < 7; i++) diverge();
  expect(bench.coordinator.view().progress.status).toBe('running');
  expect(diverge()).toContainEqual({ type: 'record', entry: { kind: 'diverged', step: 0 } });
  expect(bench.coordinator.view().progress.status).toBe('paused');
});

test('[VA8] finite answers that add up to infinity move nothing, and pause the job', () => {
  const bench = new Bench(
    smallJob({ samples: { train: 40, evaluation: 0 }, batch: { units: 2, unitSamples: 2 } }),
  );
  const [a, b] = [bench.pull(bench.join(1))!, bench.pull(bench.join(2))!];
  bench.answer(a, new Float32Array(5).fill(3e38));
  const effects = bench.answer(b, new Float32Array(5).fill(3e38));
  expect(effects).toContainEqual({ type: 'record', entry: { kind: 'diverged', step: 0 } });
  expect(typesOf(effects)).not.toContain('publish');
  expect(bench.coordinator.view()).toMatchObject({ version: { step: 0 }, progress: { status: 'paused' } });
});

describe('rounds', () => {
  test('[RN1] a version grows by one, and leaves together with the first leases of its round', () => {
    const bench = new Bench(
      smallJob({
        samples: { train: 40, evaluation: 0 },
        checkpoint: { everySteps: 1, everyMs: 1e9 },
        batch: { units: 2, unitSamples: 2 },
      }),
    );
    const [a, b] = [bench.join(1), bench.join(2)];
    const [first, second] = [bench.pull(a)!, bench.pull(b)!];
    bench.pull(a);
    bench.answer(first);
    bench.nowMs = 10;
    const effects = bench.answer(second);
    expect(typesOf(effects)).toEqual(['accept', 'publish', 'record', 'assign', 'save']);
    expect(effects[1]).toMatchObject({ version: { incarnation: 1, step: 1 } });
  });

  test('[RN2] gradients are sums; the one division comes before the optimizer', () => {
    const bench = new Bench(smallJob({ samples: { train: 40, evaluation: 0 }, stop: { steps: 1 } }));
    workAlone(bench, bench.join(1));
    const publish = bench.effects.find((effect) => effect.type === 'publish');
    // Σ units 0…7 = 28 and 8 × 2 = 16 over 16 samples, learning rate ½; state 8 × 4 over 16.
    expect(publish).toMatchObject({
      params: Float32Array.of(1 - 0.5 * (28 / 16), 1 - 0.5 * 1),
      state: Float32Array.of(2),
    });
  });

  test('[RN3] a version is measured when its step says so, and the round closes when both are in', () => {
    const bench = new Bench(smallJob({ stop: { steps: 1 }, evaluation: { everySteps: 1, unitSamples: 2 } }));
    workAlone(bench, bench.join(1), 1);
    const measured = bench.effects.flatMap((effect) =>
      effect.type === 'record' && effect.entry.kind === 'evaluation' ? [effect.entry.evaluation] : [],
    );
    expect(measured).toEqual([
      { step: 0, loss: 1, metric: 3 / 5, samples: 5 },
      { step: 1, loss: 1, metric: 3 / 5, samples: 5 },
    ]);
  });

  test('[RN4] held partial sums never pass the limit, and one volunteer still finishes', () => {
    const job = smallJob({
      samples: { train: 40, evaluation: 0 },
      batch: { units: 16, unitSamples: 2 },
      stop: { steps: 1 },
    });
    const bench = new Bench({ ...job, lease: { ...job.lease, heldVectorsMax: 3 } });
    const volunteers = Array.from({ length: 16 }, (_, i) => bench.join(i + 1));
    const leases = volunteers
      .map((volunteer) => bench.pull(volunteer))
      .filter((lease) => lease !== undefined);
    expect(leases).toHaveLength(3);
    for (const lease of leases.reverse()) bench.answer(lease);
    for (let i = 0; i < 50; i++) for (const lease of leasesIn(bench.effects.splice(0))) bench.answer(lease);
    expect(bench.coordinator.view().version.step).toBe(1);
    expect(bench.coordinator.view().heldVectorsPeak).toBeLessThanOrEqual(3);
  });
});

describe('the life of a job', () => {
  test('[JB1] it ends at its last step, once that is durable and not before', () => {
    const bench = new Bench(smallJob());
    workAlone(bench, bench.join(1));
    expect(bench.coordinator.view().progress.status).toBe('running');
    // The newest save may still be one from before the end: then another one follows it.
    bench.durable();
    bench.durable();
    expect(bench.coordinator.view()).toMatchObject({
      progress: { status: 'finished' },
      version: { step: 3 },
    });
  });

  test('[JB2] a target that is reached ends it with the version that was measured', () => {
    const bench = new Bench(
      smallJob({ stop: { steps: 100, metricAtLeast: 0.5 }, evaluation: { everySteps: 2, unitSamples: 2 } }),
    );
    const volunteer = bench.join(1);
    workAlone(bench, volunteer, 1);
    bench.durable();
    bench.durable();
    expect(bench.coordinator.view()).toMatchObject({
      progress: { status: 'finished' },
      version: { step: 0 },
    });
  });

  test('[JB3] while paused no lease goes out; what is under way still counts; resuming goes on', () => {
    const bench = new Bench(
      smallJob({ samples: { train: 40, evaluation: 0 }, batch: { units: 1, unitSamples: 2 } }),
    );
    const volunteer = bench.join(1);
    const lease = bench.pull(volunteer)!;
    bench.tell({ type: 'pause-asked' });
    expect(typesOf(bench.answer(lease))).toContain('publish');
    expect(bench.pull(volunteer)).toBeUndefined();
    expect(leasesIn(bench.tell({ type: 'resume-asked' }))).toHaveLength(1);
  });

  test('[JB4] a stopped job ends its leases, saves, and can go on later', () => {
    const bench = new Bench(smallJob({ samples: { train: 40, evaluation: 0 } }));
    const volunteer = bench.join(1);
    const lease = bench.pull(volunteer)!;
    expect(typesOf(bench.tell({ type: 'stop-asked' }))).toContain('save');
    bench.durable();
    expect(bench.coordinator.view().progress.status).toBe('stopped');
    expect(bench.answer(lease)).toContainEqual(expect.objectContaining({ reason: 'lease-ended' }));
    expect(bench.pull(volunteer)).toBeUndefined();
    expect(leasesIn(bench.tell({ type: 'resume-asked' }))).toHaveLength(1);
  });

  test('[CK1] a failed save stops nothing, and the end is saved again until it is durable', () => {
    const bench = new Bench(smallJob({ stop: { steps: 1 }, samples: { train: 40, evaluation: 0 } }));
    workAlone(bench, bench.join(1));
    bench.tell({ type: 'checkpoint-failed', version: { incarnation: 1, step: 1 } });
    expect(bench.tell({ type: 'ticked' })).toEqual([]);
    bench.nowMs += 10_000;
    expect(typesOf(bench.tell({ type: 'ticked' }))).toEqual(['save']);
    bench.durable();
    expect(bench.coordinator.view().progress.status).toBe('finished');
  });

  test('[CK7] a pause that the disk refused is written until it takes it, though no step is made', () => {
    const bench = new Bench(smallJob({ samples: { train: 40, evaluation: 0 } }));
    bench.tell({ type: 'pause-asked' });
    bench.tell({ type: 'checkpoint-failed', version: { incarnation: 1, step: 0 } });
    expect(bench.tell({ type: 'ticked' })).toEqual([]);
    bench.nowMs += 10_000;
    expect(bench.tell({ type: 'ticked' })).toMatchObject([
      { type: 'save', checkpoint: { progress: { status: 'paused' } } },
    ]);
    bench.durable();
    bench.nowMs += 10_000;
    expect(bench.tell({ type: 'ticked' })).toEqual([]);
  });

  test('[CK8] a stop is written until the disk takes it, though the newest checkpoint is of an earlier stop', () => {
    const bench = new Bench(smallJob({ samples: { train: 40, evaluation: 0 } }));
    const failed = { type: 'checkpoint-failed', version: { incarnation: 1, step: 0 } } as const;
    bench.tell({ type: 'stop-asked' });
    bench.durable();
    bench.tell({ type: 'resume-asked' });
    bench.tell(failed);
    bench.tell({ type: 'stop-asked' });
    bench.tell(failed);
    bench.nowMs += 10_000;
    expect(typesOf(bench.tell({ type: 'ticked' }))).toEqual(['save']);
    bench.durable();
    expect(bench.coordinator.view().progress.status).toBe('stopped');
  });

  test('[CK2] from a checkpoint it goes on to the same bytes, under a higher incarnation', () => {
    const job = smallJob({ checkpoint: { everySteps: 1, everyMs: 1e9 } });
    const straight = new Bench(job);
    workAlone(straight, straight.join(1));
    const saved = straight.effects.find((effect) => effect.type === 'save');
    const again = new Bench(job, recovered(saved!.checkpoint));
    workAlone(again, again.join(5));
    const last = (bench: Bench) => bench.effects.findLast((effect) => effect.type === 'publish')!;
    expect(last(again).params).toEqual(last(straight).params);
    expect(last(again).version).toEqual({ incarnation: 2, step: 3 });
  });

  test('[CR1] credit counts units that were accepted, under the account and not the visit', () => {
    const bench = new Bench(smallJob({ stop: { steps: 1 }, samples: { train: 40, evaluation: 0 } }));
    workAlone(bench, bench.join(1));
    const save = bench.effects.findLast((effect) => effect.type === 'save')!;
    expect([...save.checkpoint.earned]).toEqual([['account-1', 8]]);
  });

  test('[CR2] a checkpoint carries what was earned since the one before, and what that one took if it was not written', () => {
    const bench = new Bench(
      smallJob({
        samples: { train: 40, evaluation: 0 },
        stop: { steps: 9 },
        checkpoint: { everySteps: 1, everyMs: 1e9 },
      }),
    );
    const step = (id: number) => {
      const volunteer = bench.join(id);
      const { step: before } = bench.coordinator.view().version;
      while (bench.coordinator.view().version.step === before) bench.answer(bench.pull(volunteer)!);
      bench.tell({ type: 'volunteer-left', volunteer });
      const save = bench.effects.findLast((effect) => effect.type === 'save')!;
      return [...save.checkpoint.earned];
    };
    const failed = { type: 'checkpoint-failed', version: { incarnation: 1, step: 0 } } as const;
    expect(step(1)).toEqual([['account-1', 8]]);
    bench.durable();
    expect(step(2)).toEqual([['account-2', 8]]);
    bench.tell(failed);
    expect(step(2)).toEqual([['account-2', 16]]);
    bench.tell(failed);
    expect(step(3)).toEqual([
      ['account-2', 16],
      ['account-3', 8],
    ]);
    bench.durable();
    bench.tell({ type: 'pause-asked' });
    expect([...bench.effects.findLast((effect) => effect.type === 'save')!.checkpoint.earned]).toEqual([]);
  });

  test('[CK3] the first checkpoint has room for all that the optimizer keeps', () => {
    const job = smallJob({
      optimizer: completeOptimizerSpec({ kind: 'adam', learningRate: 0.1 }),
    });
    expect(initialCheckpoint(job, new Float32Array(2), new Float32Array(1)).slots).toHaveLength(2);
  });
});
