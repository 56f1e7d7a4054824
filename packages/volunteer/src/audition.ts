/**
 * Another engine computes the units of the newest lease in a gap between leases, and its time is taken. Nobody waits for what it
 * computes, and what follows from its time is for others to say.
 */

import { type Engine, messageOf, type OpenedEngine, type SampleBatch } from '@manyhands/compute';
import type { Draw, Draws } from './draws.ts';
import { type Failure, isFailure } from './failure.ts';
import type { HeldLease } from './joined.ts';
import type { Parameters } from './parameters.ts';

export interface Audition {
  readonly open: () => Promise<OpenedEngine>;
  /** The newest that was trained on. */
  readonly lease: HeldLease;
  readonly parameters: Parameters;
  readonly draws: Draws;
  readonly gather: (draw: Draw | Failure) => Promise<SampleBatch | Failure>;
  readonly now: () => number;
}

export interface Heard {
  /** Belongs to who asked. */
  readonly opened: OpenedEngine;
  readonly secondsPerSample: number;
}

/** Never throws: an engine that cannot compute is disposed of, and the failure says why. */
export async function audition(asked: Audition): Promise<Heard | Failure> {
  let opened: OpenedEngine | undefined;
  try {
    opened = await asked.open();
    return { opened, secondsPerSample: await timeSample(opened.engine, asked) };
  } catch (thrown) {
    opened?.engine.dispose();
    return { failure: 'incapable', sentence: messageOf(thrown) };
  }
}

/** It is over this much of the device's time, or so many times the units of the lease. */
const AUDITION_MS = 200;
const TURNS_MAX = 32;

/** Seconds a sample, over as many units of the lease as a slow engine has time for. */
async function timeSample(engine: Engine, asked: Audition): Promise<number> {
  const { params, state } = asked.parameters;
  engine.setParams(params, state);
  const most = asked.draws.unitsAtOnce(asked.lease);
  // The first turn of an engine is not like the others.
  await takeTurn(engine, 1, asked);
  let units = 1;
  let { samples, spentMs } = await takeTurn(engine, units, asked);
  while (units < most && spentMs < AUDITION_MS) {
    units = Math.min(2 * units, most);
    ({ samples, spentMs } = await takeTurn(engine, units, asked));
  }
  for (let turns = 1; turns < TURNS_MAX && spentMs < AUDITION_MS; turns++) {
    const turn = await takeTurn(engine, units, asked);
    samples += turn.samples;
    spentMs += turn.spentMs;
  }
  // No clock that counts milliseconds has seen less than one.
  return Math.max(1, spentMs) / 1_000 / samples;
}

/** Over the first so many units of the lease. */
async function takeTurn(
  engine: Engine,
  units: number,
  { lease, draws, gather, now }: Audition,
): Promise<{ readonly samples: number; readonly spentMs: number }> {
  const { first } = lease.run;
  const part: HeldLease = { ...lease, run: { first, count: units } };
  const batch = await gather(units === 1 ? draws.ofStep(part, first, 0) : draws.of(part));
  if (isFailure(batch)) throw new Error(batch.sentence);
  const samples = batch.ids.length;
  const place = draws.placeOf(part);
  const startedMs = now();
  await engine.gradient(batch, place.run, place.units, lease.version.step);
  return { samples, spentMs: now() - startedMs };
}
