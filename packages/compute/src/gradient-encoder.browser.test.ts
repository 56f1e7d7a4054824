import {
  type Codec,
  commit,
  contributionCodec,
  type Encoded,
  encodeDue,
  type LossyCodecSpec,
  startErrorFeedback,
  sumOfParts,
  withhold,
} from '@manyhands/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeviceVector } from './device-vector.ts';
import { copyOf, everything, samplesOf, weightsOf } from './testing/programs.ts';
import { openOn, type WorkerEngine } from './testing/worker-engine.ts';

const program = everything(4);
const UNITS = 2;
const WHOLE = { first: 0, count: UNITS };
const batch = samplesOf(4 * UNITS, 36, { oneHot: 5 });
const SPECS: readonly LossyCodecSpec[] = [
  { kind: 'float16' },
  { kind: 'int8' },
  { kind: 'top-k', kept: 64, bits: 32 },
  { kind: 'top-k', kept: 500, bits: 3 },
];

describe.each(['tfjs-webgpu', 'jax-webgpu'] as const)('a gradient encoded on the device by %s', (name) => {
  let worker: WorkerEngine;
  let vector: Float32Array;
  beforeAll(async () => {
    worker = await openOn(name, program);
    vector = await worker.engine.gradient(copyOf(batch), WHOLE, UNITS, 3);
  });
  afterAll(() => worker.end());

  const codecOf = (spec: LossyCodecSpec): Codec => contributionCodec(spec, worker.engine.shape);
  const encode = (codec: LossyCodecSpec, residual: readonly (Float32Array | DeviceVector)[], seed = 5) =>
    worker.engine.encodedGradient!(copyOf(batch), WHOLE, UNITS, 3, { codec, seed, residual });

  test.each(SPECS)('[GE1] [GE2] has the bytes of core and leaves what core leaves out, %o', async (spec) => {
    const codec = codecOf(spec);
    const first = await encode(spec, []);
    const left = await leftOf(first);
    expectAsCore(first, left, encodeDue(vector, [], codec, 5));
    // A part that was put away before and one that is on the device.
    const before = vector.map((x, i) => (i < worker.engine.shape.params ? x / 3 : 0));
    const second = await encode(spec, [before.slice(), leftPartOf(first)]);
    expectAsCore(second, await leftOf(second), encodeDue(vector, [before, left], codec, 5));
    expect(await leftOf(first)).toEqual(left);
    for (const encoded of [first, second]) leftPartOf(encoded).drop();
  });

  test('[GE3] gives up a residual with which it overflows, and lends none to what is not finite', async () => {
    const spec = { kind: 'int8' } as const;
    const huge = vector.map((_, i) => (i === 7 ? 3e38 : 0));
    const buffers: number[] = [];
    for (let time = 0; time < 3; time++) {
      leftPartOf(await encode(spec, [huge, huge])).drop();
      buffers.push(await worker.ask('buffers'));
    }
    expect(new Set(buffers).size).toBe(1);
    const overflown = await encode(spec, [huge, huge]);
    const alone = encodeDue(vector, [], codecOf(spec), 5);
    expect([overflown.residual, overflown.bytes]).toEqual(['given-up', alone.bytes]);
    expectAsCore(overflown, await leftOf(overflown), { ...alone, residual: 'given-up' } as Encoded);
    leftPartOf(overflown).drop();
    const { params, state } = weightsOf(program);
    worker.engine.setParams(
      params.map(() => Number.NaN),
      state,
    );
    const spoiled = await encode(spec, [huge]);
    worker.engine.setParams(params, state);
    const decoded = codecOf(spec).decode(spoiled.bytes, vector.length) as Float32Array;
    expect([spoiled.residual, decoded.every(Number.isFinite)]).toEqual(['kept', false]);
  });

  test('[GE4] over many rounds what is decoded and what stays add up to what was given, and nothing leaks', async () => {
    const spec = { kind: 'top-k', kept: 64, bits: 4 } as const;
    const codec = codecOf(spec);
    const arrived: Float32Array[] = [];
    let feedback = startErrorFeedback<DeviceVector>();
    const buffers: number[] = [];
    const rounds = 8;
    for (let round = 0; round < rounds; round++) {
      const lent = feedback.residual;
      const encoded = await encode(spec, lent, round);
      feedback = commit(withhold(feedback, round, lent, encoded), round);
      for (const part of lent) part.drop();
      arrived.push(codec.decode(encoded.bytes, vector.length) as Float32Array);
      buffers.push(await worker.ask('buffers'));
    }
    const left = await feedback.residual[0]!.read();
    const due = sumOfParts([...arrived, left], vector.length);
    const largest = vector.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    const off = due.findIndex((x, i) => !(Math.abs(x - rounds * vector[i]!) <= rounds * largest * 2 ** -18));
    expect(off).toBe(-1);
    expect(feedback.residual.length).toBe(1);
    expect(new Set(buffers.slice(3)).size).toBe(1);
    feedback.residual[0]!.drop();
  });

  test('[GE5] is refused a residual that is elsewhere or was dropped', async () => {
    const encoded = await encode({ kind: 'int8' }, []);
    const part = leftPartOf(encoded);
    part.drop();
    await expect(encode({ kind: 'int8' }, [part])).rejects.toMatchObject({ kind: 'batch' });
    await expect(part.read()).rejects.toMatchObject({ kind: 'batch' });
    const strange = { read: async () => vector, drop: () => {} };
    await expect(encode({ kind: 'int8' }, [strange])).rejects.toMatchObject({ kind: 'batch' });
  });
});

function leftPartOf(encoded: Encoded<DeviceVector>): DeviceVector {
  if (encoded.residual === 'kept') throw new Error('The sum was not finite.');
  return encoded.leftOut;
}

function leftOf(encoded: Encoded<DeviceVector>): Promise<Float32Array> {
  return leftPartOf(encoded).read();
}

function expectAsCore(actual: Encoded<unknown>, left: Float32Array, expected: Encoded): void {
  expect(actual.residual).toBe(expected.residual);
  expect(actual.bytes).toEqual(expected.bytes);
  if (expected.residual === 'kept') return;
  const { leftOut } = expected;
  const largest = leftOut.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  expect(left.length).toBe(leftOut.length);
  expect(left.findIndex((x, i) => !(Math.abs(x - leftOut[i]!) <= largest * 2 ** -10))).toBe(-1);
}
