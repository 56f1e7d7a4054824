import { ENGINE_NAMES } from '@manyhands/compute';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { advise, type EnginesKnown, NO_LONGER_TRUE, READINGS, WORTH_A_GAP } from './engine-advice.ts';

const KNOWN: EnginesKnown = {
  readings: [10, 10, 10],
  measured: 10,
  others: [{ engine: 'jax-wasm', secondsPerSample: 7 }],
  free: true,
};

const seconds = fc.double({ min: 1e-6, max: 1e3, noNaN: true });
const knowns: fc.Arbitrary<EnginesKnown> = fc.record({
  readings: fc.array(seconds, { maxLength: 2 * READINGS }),
  measured: fc.option(seconds, { nil: undefined }),
  others: fc.array(fc.record({ engine: fc.constantFrom(...ENGINE_NAMES), secondsPerSample: seconds })),
  free: fc.boolean(),
});

test('[EA1] before there are readings enough nothing is advised', () => {
  expect(advise({ ...KNOWN, readings: [10, 10] })).toEqual({ advice: 'stay' });
  fc.assert(
    fc.property(knowns, (known) => {
      const { advice } = advise({ ...known, readings: known.readings.slice(0, READINGS - 1) });
      expect(advice).toBe('stay');
    }),
  );
});

test('[EA2] what was never measured, or was and is far from the readings in either direction, is measured again, once', () => {
  const measure = { advice: 'measure-again', secondsPerSample: 10 };
  expect(advise({ ...KNOWN, measured: undefined })).toEqual(measure);
  expect(advise({ ...KNOWN, measured: 4.9 })).toEqual(measure);
  expect(advise({ ...KNOWN, measured: 20.1 })).toEqual(measure);
  expect(advise({ ...KNOWN, measured: 5.1, others: [] })).toEqual({ advice: 'stay' });
  expect(advise({ ...KNOWN, measured: 10, readings: [10, 99, 10], others: [] })).toEqual({ advice: 'stay' });
  fc.assert(
    fc.property(knowns, (known) => {
      const first = advise(known);
      if (first.advice !== 'measure-again') return;
      const { measured = Number.POSITIVE_INFINITY } = known;
      const ratio = first.secondsPerSample / measured;
      expect(ratio > NO_LONGER_TRUE || ratio < 1 / NO_LONGER_TRUE).toBe(true);
      const then = advise({ ...known, measured: first.secondsPerSample });
      expect(then.advice).not.toBe('measure-again');
    }),
  );
});

test('[EA3] another engine is tried where it is predicted to be faster by enough, of several the fastest', () => {
  expect(advise(KNOWN)).toEqual({ advice: 'try', engine: 'jax-wasm' });
  expect(advise({ ...KNOWN, others: [{ engine: 'jax-wasm', secondsPerSample: 8 }] }).advice).toBe('stay');
  const others = [...KNOWN.others, { engine: 'jax-webgpu', secondsPerSample: 2 } as const];
  expect(advise({ ...KNOWN, others })).toEqual({ advice: 'try', engine: 'jax-webgpu' });
  fc.assert(
    fc.property(knowns, (known) => {
      const advice = advise(known);
      if (advice.advice !== 'try') return;
      const tried = known.others.filter(({ engine }) => engine === advice.engine);
      const best = Math.min(...known.others.map(({ secondsPerSample }) => secondsPerSample));
      expect(tried.map(({ secondsPerSample }) => secondsPerSample)).toContain(best);
      expect(best * WORTH_A_GAP).toBeLessThanOrEqual(Math.max(...known.readings));
    }),
  );
});

test('[EA4] whose class of device is not its own to change tries nothing, and measures all the same', () => {
  fc.assert(
    fc.property(knowns, (known) => {
      const bound = advise({ ...known, free: false });
      expect(bound.advice).not.toBe('try');
      const free = advise({ ...known, free: true });
      if (free.advice !== 'try') expect(bound).toEqual(free);
    }),
  );
});
