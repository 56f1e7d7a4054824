import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rateAt, type Schedule } from './schedule.ts';

test('[SC1] constant is constant, and 0 is 0', () => {
  expect([0, 1, 1e9].map((step) => rateAt({ kind: 'constant', value: 0 }, step))).toEqual([0, 0, 0]);
  expect(rateAt({ kind: 'constant', value: 0.25 }, 7)).toBe(0.25);
});

test('[SC2] step decay falls by its factor every so many steps, as Keras’ ExponentialDecay does in a staircase', () => {
  // keras/src/optimizers/schedules/learning_rate_schedule_test.py, test_staircase.
  const schedule: Schedule = { kind: 'step', initial: 0.1, factor: 0.96, everySteps: 3 };
  expect([0, 1, 2].map((step) => rateAt(schedule, step))).toEqual([0.1, 0.1, 0.1]);
  expect(rateAt(schedule, 3)).toBe(0.1 * 0.96);
  expect(rateAt(schedule, 100)).toBeCloseTo(0.1 * 0.96 ** 33, 15);
});

test('[SC3] cosine decay is Optax’, whatever Math.cos says here', () => {
  // optax/schedules/_schedule_test.py, test_with_giant_int_steps, and test_with_exponent, which squares the cosine.
  const giant: Schedule = { kind: 'cosine', initial: 1000, final: 0, overSteps: 1e10 };
  expect(rateAt(giant, 1e9)).toBeCloseTo(975.52826, 5);
  const squared = [0.1, 0.09516553580760956, 0.025, 0.0021446612663567066, 0.0];
  const unit: Schedule = { kind: 'cosine', initial: 1, final: 0, overSteps: 100 };
  [0, 10, 50, 75, 100].forEach((step, i) => {
    expect(0.1 * rateAt(unit, step) ** 2).toBeCloseTo(squared[i]!, 8);
  });
});

test('[SC3] the cosine is right to the last bits, begins at initial and stays at final', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.nat(2e6), (overSteps, step) => {
      const schedule: Schedule = { kind: 'cosine', initial: 1, final: 0, overSteps };
      const x = Math.min(1, step / overSteps);
      expect(Math.abs(rateAt(schedule, step) - (1 + Math.cos(Math.PI * x)) / 2)).toBeLessThan(4e-16);
      const high: Schedule = { kind: 'cosine', initial: 0.7, final: 0.1, overSteps };
      expect(rateAt(high, 0)).toBeCloseTo(0.7, 15);
      expect(rateAt(high, overSteps + step)).toBe(0.1);
    }),
  );
});

test('[SC4] warm-up is a straight line into the schedule that follows, whose steps count from there', () => {
  // optax/schedules/_schedule_test.py, WarmupCosineDecayTest.test_with_exponent: its linear half.
  const into: Schedule = { kind: 'cosine', initial: 1.21, final: 0.5, overSteps: 50 };
  const schedule: Schedule = { kind: 'warmup', initial: 0.2, overSteps: 50, into };
  expect(rateAt(schedule, 0)).toBe(0.2);
  expect(rateAt(schedule, 10)).toBeCloseTo(0.402, 12);
  for (const step of [0, 1, 25, 50, 99]) expect(rateAt(schedule, 50 + step)).toBe(rateAt(into, step));
});

test('[SC5] every schedule answers every step with a finite rate between its extremes', () => {
  const rate = fc.double({ min: 0, max: 10, noNaN: true });
  const steps = fc.integer({ min: 1, max: 1000 });
  const decay = fc.oneof(
    fc.record({ kind: fc.constant('constant' as const), value: rate }),
    fc.record({
      kind: fc.constant('step' as const),
      initial: rate,
      factor: fc.double({ min: 1e-3, max: 1, noNaN: true }),
      everySteps: steps,
    }),
    fc.record({ kind: fc.constant('cosine' as const), initial: rate, final: rate, overSteps: steps }),
  );
  const warmup = fc.record({
    kind: fc.constant('warmup' as const),
    initial: rate,
    overSteps: steps,
    into: decay,
  });
  fc.assert(
    fc.property(fc.oneof(decay, warmup), fc.nat(1e6), (schedule, step) => {
      const at = rateAt(schedule, step);
      expect(at).toBeGreaterThanOrEqual(0);
      expect(at).toBeLessThanOrEqual(10 * (1 + 1e-15));
    }),
  );
});
