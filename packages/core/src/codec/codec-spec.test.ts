import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CodecSpec, checkCodecSpec, encodedBytesMax, VALUE_BITS } from './codec-spec.ts';
import { codecOf, contributionCodec } from './codecs.ts';
import { testCodecContract, vectorOf } from './testing/codec-contract.ts';

const shape = { params: 5_000, state: 3 };
const lossy: readonly CodecSpec[] = [
  { kind: 'float16' },
  { kind: 'int8' },
  { kind: 'top-k', kept: 16, bits: 2 },
  { kind: 'top-k', kept: 1024, bits: 32 },
];
for (const spec of lossy)
  testCodecContract(contributionCodec(spec, shape), `${JSON.stringify(spec)} and a tail`);

test('[CS1] any data is either a good spec or gets one sentence, never an exception', () => {
  fc.assert(
    fc.property(fc.anything(), (data) => {
      const sentence = checkCodecSpec(data);
      expect(sentence === undefined || /^codec.*\.$/s.test(sentence)).toBe(true);
    }),
  );
  const wrong: readonly (readonly [unknown, string])[] = [
    [{ kind: 'float8' }, 'codec.kind must be one of float32, float16, int8, top-k, but is "float8".'],
    [{ kind: 'int8', bits: 8 }, 'codec of kind int8 has no field "bits".'],
    [{ kind: 'top-k', bits: 8 }, 'codec.kept must be a number, whole, from 1 to 1024, but is missing.'],
    [{ kind: 'top-k', kept: 0, bits: 8 }, 'codec.kept must be a number, whole, from 1 to 1024, but is 0.'],
    [
      { kind: 'top-k', kept: 1.5, bits: 8 },
      'codec.kept must be a number, whole, from 1 to 1024, but is 1.5.',
    ],
    [
      { kind: 'top-k', kept: 1025, bits: 8 },
      'codec.kept must be a number, whole, from 1 to 1024, but is 1025.',
    ],
    [
      { kind: 'top-k', kept: 64, bits: 1 },
      'codec.bits must be a number, one of 2, 3, 4, 5, 6, 7, 8, 32, but is 1.',
    ],
  ];
  for (const [spec, sentence] of wrong) expect(checkCodecSpec(spec)).toBe(sentence);
});

const specs = fc.oneof(
  fc.constantFrom<CodecSpec>({ kind: 'float32' }, { kind: 'float16' }, { kind: 'int8' }),
  fc.record({
    kind: fc.constant('top-k' as const),
    kept: fc.integer({ min: 1, max: 1024 }),
    bits: fc.constantFrom(...VALUE_BITS),
  }),
);

test('[CS2] a good spec survives JSON, and its codec has the name of its kind', () => {
  fc.assert(
    fc.property(specs, (spec) => {
      expect(checkCodecSpec(JSON.parse(JSON.stringify(spec)))).toBe(undefined);
      expect(codecOf(spec).name).toBe(spec.kind);
    }),
  );
});

test('[CS3] no codec makes more bytes than the bound that is known by its name', () => {
  const lengths = fc.oneof(fc.nat(20), fc.nat(20_000));
  fc.assert(
    fc.property(specs, lengths, fc.nat(100), (spec, params, state) => {
      const length = params + state + 2;
      const most = encodedBytesMax(spec.kind, length);
      expect(codecOf(spec).encodedBytes(length)).toBeLessThanOrEqual(most);
      expect(contributionCodec(spec, { params, state }).encodedBytes(length)).toBeLessThanOrEqual(most);
    }),
    { numRuns: 1_000 },
  );
});

test('[CS4] of a contribution the gradient is as the spec says, and state, loss and metric are exact', () => {
  for (const spec of lossy) {
    const codec = contributionCodec(spec, shape);
    const vector = vectorOf(5_005, 8);
    vector.set([1e-9, -1e-9, 3e38, Math.PI, 17], 5_000);
    const decoded = codec.decode(codec.encode(vector, 4), 5_005) as Float32Array;
    expect(decoded.subarray(5_000)).toEqual(vector.subarray(5_000));
    const alone = codecOf(spec);
    const gradient = alone.decode(alone.encode(vector.subarray(0, 5_000), 4), 5_000);
    expect(decoded.subarray(0, 5_000)).toEqual(gradient);
  }
});

test('[CS5] a codec of a spec that makes no sense is a programmer’s error', () => {
  const senseless: CodecSpec = { kind: 'top-k', kept: 0, bits: 8 };
  expect(() => codecOf(senseless)).toThrow('codec.kept');
  expect(() => contributionCodec(senseless, shape)).toThrow('codec.kept');
});
