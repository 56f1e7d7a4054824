import type { EngineChoice, EngineName, EngineSpeed } from '@manyhands/compute';
import { expect, test } from 'vitest';
import { EngineScout } from './engine-scout.ts';
import { choiceOf } from './testing/little-job.ts';
import { CPU } from './testing/session-driver.ts';

const CHOICE: EngineChoice = {
  ...choiceOf(CPU),
  setting: 'processor',
  others: ['jax-wasm', 'tfjs-wasm'],
};
const speed = (engine: EngineName, secondsPerSample: number): EngineSpeed => ({
  ...{ adapter: CHOICE.adapter, engine, secondsPerSample },
});

function scoutWith(told: readonly EngineSpeed[] = [], own: readonly EngineSpeed[] = []) {
  const clock = { nowMs: 0 };
  const heard: EngineSpeed[] = [];
  const ports = { now: () => clock.nowMs, measured: (one: EngineSpeed) => void heard.push(one), free: true };
  const scout = new EngineScout(told, own, ports);
  scout.opened('tfjs-cpu', CHOICE);
  /** So many leases of one second a sample times this. */
  const compute = (leases: number, seconds: number) => {
    for (let lease = 0; lease < leases; lease++) scout.computed(10, 10_000 * seconds);
  };
  return { scout, heard, clock, compute };
}

test('[EC1] the first lease is no reading, and short ones are one together', () => {
  const { scout, heard } = scoutWith();
  scout.computed(10, 60_000);
  for (let lease = 0; lease < 299; lease++) scout.computed(1, 1);
  expect(scout.advised()).toBeUndefined();
  expect(heard).toEqual([]);
  scout.computed(1, 1);
  scout.advised();
  expect(heard).toEqual([speed('tfjs-cpu', 0.001)]);
});

test('[EC2] what is measured is told once; the engine that is then predicted to be fastest is tried, a slower one not again', () => {
  const { scout, heard, compute, clock } = scoutWith();
  compute(4, 13);
  expect(scout.advised()).toBe('jax-wasm');
  expect(heard).toEqual([speed('tfjs-cpu', 13)]);
  scout.tried('jax-wasm', 20);
  expect(heard).toEqual([speed('tfjs-cpu', 13), speed('jax-wasm', 20)]);
  expect(scout.advised()).toBeUndefined();
  clock.nowMs += 30_000;
  expect(scout.advised()).toBe('tfjs-wasm');
  scout.tried('tfjs-wasm', undefined);
  clock.nowMs += 30_000;
  compute(9, 13);
  expect(scout.advised()).toBeUndefined();
  expect(heard).toHaveLength(2);
});

test('[EC3] what this browser measured counts more than what others say', () => {
  const told = [speed('jax-wasm', 1), speed('tfjs-wasm', 1), speed('tfjs-cpu', 13)];
  const { scout, heard, compute } = scoutWith(told, [speed('tfjs-cpu', 12), speed('jax-wasm', 12)]);
  compute(4, 13);
  expect(scout.advised()).toBe('tfjs-wasm');
  expect(heard).toEqual([]);
  expect(scout.speeds).toEqual([...told, speed('tfjs-cpu', 12), speed('jax-wasm', 12)]);
});

test('[EC4] a device that became slow is measured again, and what was slower may be tried again', () => {
  const { scout, heard, compute, clock } = scoutWith([], [speed('tfjs-cpu', 1), speed('jax-wasm', 1.1)]);
  compute(4, 1);
  scout.tried('tfjs-wasm', undefined);
  clock.nowMs += 30_000;
  compute(3, 1.4);
  expect([scout.advised(), heard]).toEqual([undefined, []]);
  compute(3, 2.1);
  expect(scout.advised()).toBe('jax-wasm');
  expect(heard).toEqual([speed('tfjs-cpu', 2.1)]);
});
