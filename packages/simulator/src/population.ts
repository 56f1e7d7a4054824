/**
 * Who volunteers: speeds are log-normal, as measured in volunteer computing (Anderson and Fedak, 2006), clipped to
 * 1:100. The first of them is steadfast: honest, always there, awake, slower than most, and where there are
 * stragglers it becomes twenty times slower still. With it alone the job must
 * reach its end, whatever all others do.
 */

import { createRandom, type DeviceClass, type Random } from '@manyhands/core';
import type { Faults } from './fault.ts';
import type { Traits } from './volunteer.ts';

export function createPopulation(seed: number, volunteers: number, faults: Faults): Traits[] {
  const random = createRandom(seed, POPULATION_STREAM);
  return Array.from({ length: volunteers }, (_, place) => {
    const steadfast = place === 0;
    const traits: Traits = {
      unitMs: steadfast ? 2 * UNIT_MS : UNIT_MS / clippedLogNormal(random),
      line: { latencyMs: 5 + 150 * random.fraction() ** 3, bytesPerMs: 100, cutUntilMs: 0 },
      device: DEVICES[random.below(DEVICES.length)]!,
      lies: !steadfast && faults.has('liars') && random.fraction() < 0.3,
      arrivesAtMs: random.fraction() * ARRIVALS_MS,
    };
    if (!faults.has('stragglers')) return traits;
    if (steadfast) return { ...traits, slowdown: { afterLeases: 10, factor: 20 } };
    if (random.fraction() < 0.7) return traits;
    return { ...traits, stall: { everyLeases: 2 + random.below(6), factor: 5 + random.below(500) } };
  });
}

const POPULATION_STREAM = 0x9091;
const UNIT_MS = 100;
const ARRIVALS_MS = 5_000;

/** They compute the same bytes, for the parameters must not tell who was there; only comparisons know them apart, and jobs that ask to be exact. */
const DEVICES: readonly DeviceClass[] = ['cpu', 'wasm', 'webgpu'].map((backend) => ({
  engine: 'bowl',
  backend: backend as DeviceClass['backend'],
  vendor: '',
  architecture: '',
}));

/** Between 0.1 and 10, around 1. */
function clippedLogNormal(random: Random): number {
  // Box and Muller (1958); 1 − u keeps the logarithm from 0.
  const normal = Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction());
  return Math.min(10, Math.max(0.1, Math.exp(normal)));
}
