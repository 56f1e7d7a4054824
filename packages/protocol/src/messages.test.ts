import { expect, test } from 'vitest';
import {
  AssignMessageSchema,
  EvaluatedMessageSchema,
  JoinMessageSchema,
  SpeedMessageSchema,
} from './messages.ts';
import { REFUSAL_SENTENCE } from './refusal.ts';

const join = {
  protocol: 2,
  job: 'mnist-cnn-0a1b2c3d',
  layoutHash: 'a'.repeat(64),
  device: { engine: 'tfjs-4.22.0', backend: 'webgpu', vendor: 'google', architecture: 'swiftshader' },
  account: '0'.repeat(32),
};

test('[MS1] a message has the fields of its schema and no others', () => {
  expect(JoinMessageSchema.safeParse(join).success).toBe(true);
  expect(JoinMessageSchema.safeParse({ ...join, admin: true }).success).toBe(false);
  expect(JoinMessageSchema.safeParse({ ...join, account: 'Ada Lovelace' }).success).toBe(false);
  expect(JoinMessageSchema.safeParse({ ...join, resume: 'mine' }).success).toBe(false);
  expect(JoinMessageSchema.safeParse({ ...join, job: 'x'.repeat(65) }).success).toBe(false);
});

test('[MS2] numbers are what they claim to be: counts are whole and not negative, sums are finite', () => {
  const evaluated = { lease: 1, samples: 128, lossSum: 1.5, metricSum: 3 };
  expect(EvaluatedMessageSchema.safeParse(evaluated).success).toBe(true);
  expect(EvaluatedMessageSchema.safeParse({ ...evaluated, lossSum: Number.NaN }).success).toBe(false);
  expect(EvaluatedMessageSchema.safeParse({ ...evaluated, samples: -1 }).success).toBe(false);
  expect(AssignMessageSchema.safeParse({ lease: 1.5 }).success).toBe(false);
  const speed = { adapter: '', engine: 'tfjs-4.22.0', backend: 'cpu', secondsPerSample: 0.25 };
  expect(SpeedMessageSchema.safeParse(speed).success).toBe(true);
  for (const secondsPerSample of [0, -1, 1e5, Number.NaN, Number.POSITIVE_INFINITY])
    expect(SpeedMessageSchema.safeParse({ ...speed, secondsPerSample }).success).toBe(false);
});

test('[RF1] every refusal is one sentence that ends', () => {
  for (const sentence of Object.values(REFUSAL_SENTENCE)) expect(sentence).toMatch(/^[A-Z].*\.$/);
});
