/**
 * A unit that does not fit into a device is computed in several passes over parts of its samples, and their sums are
 * added. Float addition is not associative, so this changes the last bits: how a unit is taken belongs to the name of the
 * engine, and results are byte-identical only among devices that take it alike.
 *
 * The number of passes is a power of two and the same for every unit. So a unit is an aligned subtree of the fold as a
 * block is one of the round, and blocks of any size still lead to the same bytes.
 */

import type { DeviceClass } from '@manyhands/core';

export interface Pass {
  readonly first: number;
  readonly count: number;
}

/** The samples of a unit in `passes` runs of as equal a size as there is. */
export function passesOfUnit(unitSamples: number, passes: number): Pass[] {
  const start = (index: number) => Math.floor((index * unitSamples) / passes);
  return Array.from({ length: passes }, (_, i) => ({ first: start(i), count: start(i + 1) - start(i) }));
}

/** Samples in the largest pass of a unit. */
export function passSamples(unitSamples: number, passes: number): number {
  return Math.ceil(unitSamples / passes);
}

/** Twice as many passes; undefined where that would leave some without a sample. */
export function morePasses(unitSamples: number, passes: number): number | undefined {
  return 2 * passes <= unitSamples ? 2 * passes : undefined;
}

/** The class of a device that takes its units in passes. */
export function inPasses(device: DeviceClass, passes: number): DeviceClass {
  return passes === 1 ? device : { ...device, engine: `${device.engine}, ${passes} passes` };
}
