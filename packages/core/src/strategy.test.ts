import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Effect } from './effect.ts';
import type { Lease } from './lease.ts';
import { completeOptimizerSpec } from './optimizer/index.ts';
import { checkStrategy, completeStrategy, type Strategy } from './strategy.ts';
import { Bench, leasesIn, smallJob, typesOf, vectorFor } from './testing/small-job.ts';

const SGD = completeOptimizerSpec({ kind: 'sgd', learningRate: 0.1 });
const LOCAL: Strategy = { kind: 'local', steps: 4, optimizer: SGD };
/** Two units of two samples make a version, and the mean gradient is taken as it is. */
const TWO_UNITS = {
  batch: { units: 2, unitSamples: 2 },
  samples: { train: 40, evaluation: 0 },
  optimizer: completeOptimizerSpec({ kind: 'sgd', learningRate: 1 }),
};

/** A contribution whose gradient is `way` twice, with state, loss and metric of 0. */
function going(way: number): Float32Array {
  return Float32Array.of(way, way, 0, 0, 0);
}

function publishedIn(effects: readonly Effect[]): Extract<Effect, { type: 'publish' }> | undefined {
  return effects.find((effect) => effect.type === 'publish');
}

function refusalIn(effects: readonly Effect[]): string | undefined {
  return effects.find((effect) => effect.type === 'refuse')?.reason;
}

describe('a strategy', () => {
  test('[SR1] any data is either a good strategy or gets one sentence, never an exception', () => {
    for (const good of [{ kind: 'sync' }, LOCAL, { kind: 'async', stalenessMax: 0 }])
      expect(checkStrategy(JSON.parse(JSON.stringify(good)))).toBeUndefined();
    expect(checkStrategy({ kind: 'local', steps: 0, optimizer: SGD })).toBe(
      'strategy.steps must be a number, whole, from 1 to 4096, but is 0.',
    );
    expect(checkStrategy({ kind: 'local', steps: 2, optimizer: { ...SGD, kind: 'lion' } })).toMatch(
      /^strategy\.optimizer\.kind must be one of sgd, .*, but is "lion"\.$/,
    );
    expect(checkStrategy({ kind: 'async', stalenessMax: 1.5 })).toMatch(/^strategy\.stalenessMax /);
    fc.assert(
      fc.property(fc.anything(), (data) => {
        const wrong = checkStrategy(data);
        expect(wrong === undefined || /^strategy.*\.$/.test(wrong)).toBe(true);
      }),
    );
  });

  test('[SR2] who writes none means sync, and of an inner optimizer what a paper fixes may be left out', () => {
    expect(completeStrategy()).toEqual({ kind: 'sync' });
    expect(
      completeStrategy({ kind: 'local', steps: 4, optimizer: { kind: 'sgd', learningRate: 0.1 } }),
    ).toEqual(LOCAL);
  });
});

describe('local', () => {
  const open = () => {
    const bench = new Bench(smallJob({ ...TWO_UNITS, strategy: LOCAL }));
    const [a, b] = [bench.join(1), bench.join(2)];
    return { bench, leases: [bench.pull(a)!, bench.pull(b)!] as const };
  };

  test('[SR3] a version is the mean of how far the units went, by samples: who took fewer steps counts for as many', () => {
    const { bench, leases } = open();
    const [whole, short] = leases;
    bench.send(whole, { vector: going(8), samples: 8, computeMs: 0 });
    const effects = bench.send(short, { vector: going(4), samples: 2, computeMs: 0 });
    // (8 + 4) ÷ (8 + 2), taken with a rate of 1.
    expect(publishedIn(effects)?.params[0]).toBeCloseTo(1 - 1.2, 6);
    expect(effects).toContainEqual(
      expect.objectContaining({
        entry: expect.objectContaining({ kind: 'step', training: expect.objectContaining({ samples: 10 }) }),
      }),
    );
  });

  test('[SR4] an answer counts whole steps, at least one and at most all that its units may take', () => {
    for (const samples of [0, 1, 3, 10, 9, 2.5]) {
      const { bench, leases } = open();
      const effects = bench.send(leases[0], { vector: going(1), samples, computeMs: 0 });
      expect(refusalIn(effects)).toBe('wrong-count');
    }
    for (const samples of [2, 4, 6, 8]) {
      const { bench, leases } = open();
      const effects = bench.send(leases[0], { vector: going(1), samples, computeMs: 0 });
      expect(typesOf(effects)).toContain('accept');
    }
  });

  test('[SR5] a unit that was cut short says as much less of the pace', () => {
    const { bench, leases } = open();
    bench.nowMs += 1_000;
    bench.send(leases[0], { vector: going(1), samples: 8, computeMs: 1_000 });
    bench.send(leases[1], { vector: going(1), samples: 2, computeMs: 1_000 });
    const speeds = bench.coordinator.view().volunteers.map(({ samplesPerSecond }) => samplesPerSecond);
    expect(speeds).toEqual([8, 2]);
  });

  test('[SR7] a second answer is not held against the first: one of them may have been cut short', () => {
    const { bench, leases } = open();
    bench.nowMs = leases[0].deadlineMs;
    bench.answer(leases[1]);
    bench.tell({ type: 'lease-pulled', volunteer: leases[1].volunteer });
    const [copy] = leasesIn(bench.tell({ type: 'ticked' }));
    expect(copy).toMatchObject({ backup: true });
    bench.answer(copy!);
    const late = bench.send(leases[0], { vector: going(9), samples: 8, computeMs: 0 });
    expect(refusalIn(late)).toBe('lease-ended');
    expect(JSON.stringify(late)).not.toContain('compared');
  });
});

describe('async', () => {
  const open = (stalenessMax: number, units = 1, steps = 10) => {
    const strategy: Strategy = { kind: 'async', stalenessMax };
    const lease = { targetMs: 1, deadlineMinMs: 500, deadlineFirstMs: 2_000, heldVectorsMax: 16 };
    const batch = { units, unitSamples: 2 };
    const job = smallJob({ ...TWO_UNITS, batch, strategy, stop: { steps }, lease });
    const bench = new Bench(job);
    return { bench, a: bench.join(1), b: bench.join(2), c: bench.join(3) };
  };
  const send = (bench: Bench, lease: Lease, way: number, began = lease.version) =>
    bench.send(lease, { vector: going(way), samples: 2, computeMs: 0, began });

  test('[SR8] a version is made as soon as a batch of units has come in, and what is under way counts in the next', () => {
    const { bench, a, b } = open(4);
    const [quick, slow] = [bench.pull(a)!, bench.pull(b)!];
    expect(publishedIn(send(bench, quick, 2))?.version.step).toBe(1);
    expect(publishedIn(send(bench, slow, 2))?.version.step).toBe(2);
  });

  test('[SR9] an answer weighs 1/√(1 + s) that began s versions ago, and the step is as much shorter', () => {
    const { bench, a, b, c } = open(4);
    const [first, second, old] = [bench.pull(a)!, bench.pull(c)!, bench.pull(b)!];
    send(bench, first, 2);
    // Newer parameters had come by then: it began with them.
    const fresh = publishedIn(send(bench, second, 2, { incarnation: 1, step: 1 }));
    expect(fresh?.params[0]).toBeCloseTo(1 - 1 - 1, 6);
    const damped = publishedIn(send(bench, old, 2));
    expect(damped?.params[0]).toBeCloseTo(-1 - 1 / Math.sqrt(3), 6);
    // Nothing begins before its lease, nor after all there is, whatever is said.
    for (const step of [0, 99]) {
      const before = bench.coordinator.view().version.step;
      const lease = bench.pull(a)!;
      expect(lease.version.step).toBe(before);
      const moved = publishedIn(send(bench, lease, 2, { incarnation: 1, step }));
      expect(moved?.params[0]).toBeCloseTo(damped!.params[0]! - (before - 2), 6);
    }
  });

  test('[SR10] of several answers in one version the gradient is the mean by weight', () => {
    const { bench, a, b, c } = open(4, 2);
    const [first, second, old] = [bench.pull(a)!, bench.pull(c)!, bench.pull(b)!];
    send(bench, first, 0);
    send(bench, second, 0);
    const fresh = bench.pull(a)!;
    send(bench, fresh, 4);
    const weight = 1 / Math.sqrt(2);
    const { params } = publishedIn(send(bench, old, 8))!;
    // Mean gradients of 2 and 4; the rate is the mean of the weights.
    const mean = (2 + 4 * weight) / (1 + weight);
    expect(params[0]).toBeCloseTo(1 - mean * ((1 + weight) / 2), 5);
  });

  test('[SR11] an answer that is too old is refused, does not count, and is no fault', () => {
    const { bench, a, b } = open(1);
    const old = bench.pull(b)!;
    for (let i = 0; i < 2; i++) send(bench, bench.pull(a)!, 1);
    const effects = send(bench, old, 100);
    expect(refusalIn(effects)).toBe('too-stale');
    expect(bench.coordinator.view().version.step).toBe(2);
    expect(bench.pull(b)).toBeDefined();
  });

  test('[SR12] nobody waits, no unit is given out twice, and one that is lost is left out', () => {
    const { bench, a, b, c } = open(8);
    const leases = [a, c, b].map((volunteer) => bench.pull(volunteer)!);
    bench.tell({ type: 'volunteer-left', volunteer: b });
    for (const lease of leases.slice(0, 2)) send(bench, lease, 1);
    leases.push(bench.pull(a)!, bench.pull(a)!, bench.pull(c)!);
    bench.nowMs = 1e6;
    expect(JSON.stringify(bench.tell({ type: 'ticked' }))).not.toContain('"backup":true');
    const places = leases.map(({ version, run }) => version.step + run.first);
    expect(places).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('[SR13] after the last version nothing is under way, and the job ends', () => {
    const { bench, a, b } = open(8, 1, 1);
    const [last, beyond] = [bench.pull(a)!, bench.pull(b)!];
    expect(typesOf(send(bench, last, 1))).toContain('save');
    expect(refusalIn(send(bench, beyond, 1))).toBe('lease-ended');
    expect(typesOf(bench.durable())).toContain('status');
    expect(bench.coordinator.view().progress.status).toBe('finished');
  });

  test('[SR14] a version is measured with its own parameters, and what comes in meanwhile is in the next', () => {
    const strategy: Strategy = { kind: 'async', stalenessMax: 8 };
    const evaluation = { everySteps: 1, unitSamples: 2 };
    const bench = new Bench(
      smallJob({ ...TWO_UNITS, samples: { train: 40, evaluation: 2 }, evaluation, strategy }),
    );
    const a = bench.join(1);
    const [check, train] = [bench.pull(a)!, bench.pull(a)!];
    expect([check.kind, train.kind]).toEqual(['evaluate', 'train']);
    bench.answer(train);
    const more = bench.pull(a)!;
    bench.answer(more);
    const third = bench.pull(a)!;
    expect(publishedIn(bench.answer(third))).toBeUndefined();
    const effects = bench.tell({
      ...{ type: 'evaluation-arrived', volunteer: a, lease: check.id, samples: 2, lossSum: 2, metricSum: 1 },
    });
    expect(publishedIn(effects)?.version.step).toBe(1);
    expect(JSON.stringify(effects)).toContain('"kind":"evaluation"');
  });

  test('[SR15] a sum that is not finite is refused and takes nothing of the others along', () => {
    const { bench, a, b } = open(4, 2);
    const [good, bad] = [bench.pull(a)!, bench.pull(b)!];
    bench.answer(good, vectorFor(good));
    expect(refusalIn(send(bench, bad, Number.NaN))).toBe('not-finite');
    const effects = bench.answer(bench.pull(a)!);
    expect(publishedIn(effects)?.params.every(Number.isFinite)).toBe(true);
  });
});
