import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkOptimizerSpec, completeOptimizerSpec, type OptimizerOptions } from './optimizer-spec.ts';

const rates = fc.double({ min: 0, max: 10, noNaN: true });
const fractions = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('[OS1] a stored spec names every constant that decides the result', () => {
  expect(completeOptimizerSpec({ kind: 'adam', learningRate: 0.001 })).toEqual({
    kind: 'adam',
    learningRate: { kind: 'constant', value: 0.001 },
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    clip: { kind: 'none' },
  });
});

test('[OS1] what is said is never replaced by a default, least of all 0', () => {
  const options: OptimizerOptions = {
    kind: 'adamw',
    learningRate: 0,
    beta1: 0,
    beta2: 0,
    epsilon: 1,
    weightDecay: 0,
    clip: { kind: 'norm', max: 5 },
  };
  expect(completeOptimizerSpec(options)).toEqual({
    ...options,
    learningRate: { kind: 'constant', value: 0 },
  });
});

test('[OS2] a complete spec survives JSON and is good', () => {
  const options: fc.Arbitrary<OptimizerOptions> = fc.oneof(
    fc.record({ kind: fc.constant('sgd' as const), learningRate: rates }),
    fc.record({
      kind: fc.constant('momentum' as const),
      learningRate: rates,
      momentum: fractions,
      nesterov: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('adam' as const), learningRate: rates, beta2: fractions }),
    fc.record({ kind: fc.constant('adamw' as const), learningRate: rates, weightDecay: rates }),
  );
  fc.assert(
    fc.property(options, (written) => {
      const spec = completeOptimizerSpec(written);
      expect(checkOptimizerSpec(JSON.parse(JSON.stringify(spec)))).toBeUndefined();
    }),
  );
});

const good = { value: 0.1, kind: 'constant' };
const none = { kind: 'none' };
const adam = { kind: 'adam', learningRate: good, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clip: none };
const warm = { kind: 'warmup', initial: 0, overSteps: 5 };

test.each<[unknown, string]>([
  ['adam', 'optimizer must be an object, but is "adam".'],
  [null, 'optimizer must be an object, but is null.'],
  [{}, 'optimizer.kind must be one of sgd, momentum, adam, adamw, but is missing.'],
  [{ kind: 'toString' }, 'optimizer.kind must be one of sgd, momentum, adam, adamw, but is "toString".'],
  [{ kind: '__proto__' }, 'optimizer.kind must be one of sgd, momentum, adam, adamw, but is "__proto__".'],
  [{ ...adam, weight_decay: 0.1 }, 'optimizer of kind adam has no field "weight_decay".'],
  [{ ...adam, beta1: 1 }, 'optimizer.beta1 must be a number, from 0 up to, but not including, 1, but is 1.'],
  [
    { ...adam, beta2: undefined },
    'optimizer.beta2 must be a number, from 0 up to, but not including, 1, but is missing.',
  ],
  [{ ...adam, epsilon: 1e-17 }, 'optimizer.epsilon must be a number, 1e-16 or more, but is 1e-17.'],
  [{ ...adam, epsilon: 0 }, 'optimizer.epsilon must be a number, 1e-16 or more, but is 0.'],
  [{ ...adam, clip: undefined }, 'optimizer.clip must be an object, but is missing.'],
  [{ ...adam, clip: { kind: 'norm', max: 0 } }, 'optimizer.clip.max must be a number, above 0, but is 0.'],
  [{ ...adam, clip: { kind: 'none', max: 1 } }, 'optimizer.clip of kind none has no field "max".'],
  [{ ...adam, learningRate: 0.1 }, 'optimizer.learningRate must be an object, but is 0.1.'],
  [
    { ...adam, learningRate: { ...good, value: -1 } },
    'optimizer.learningRate.value must be a number, 0 or more, but is -1.',
  ],
  [
    { ...adam, learningRate: { ...good, value: Number.NaN } },
    'optimizer.learningRate.value must be a number, 0 or more, but is NaN.',
  ],
  [
    { ...adam, learningRate: { kind: 'step', initial: 1, factor: 1.1, everySteps: 1 } },
    'optimizer.learningRate.factor must be a number, above 0 and at most 1, but is 1.1.',
  ],
  [
    { ...adam, learningRate: { kind: 'cosine', initial: 1, final: 0, overSteps: 1.5 } },
    'optimizer.learningRate.overSteps must be a number, a whole number from 1 on, but is 1.5.',
  ],
  [
    { ...adam, learningRate: { ...warm, into: { ...warm, into: good } } },
    'optimizer.learningRate.into.kind must be one of constant, step, cosine, but is "warmup".',
  ],
  [
    { kind: 'momentum', learningRate: good, momentum: 0.9, nesterov: 1, clip: none },
    'optimizer.nesterov must be true or false, but is 1.',
  ],
])('[OS3] %j is refused with a sentence', (spec, sentence) => {
  expect(checkOptimizerSpec(spec)).toBe(sentence);
});

test('[OS3] any data at all gets a sentence and no exception', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (data) => {
      expect(checkOptimizerSpec(data)).toMatch(/^optimizer.*\.$/s);
      expect(checkOptimizerSpec({ ...adam, learningRate: data })).toMatch(/^optimizer\.learningRate.*\.$/s);
      expect(checkOptimizerSpec({ ...adam, beta1: data, epsilon: -1 })).toMatch(
        /^optimizer\.(beta1|epsilon).*\.$/s,
      );
    }),
  );
});
