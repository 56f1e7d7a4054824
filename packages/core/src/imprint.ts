/**
 * What stands for an answer whose vector has been added to others. Within one class of device answers to one lease must be the
 * same bytes, so fingerprints are compared; between classes they are the same but for rounding, so sketches are.
 */

import { canonicalize } from './canonical.ts';
import { fingerprint } from './codec/index.ts';
import { type ContributionShape, contributionParts } from './contribution.ts';
import type { EvaluationSums } from './evaluation.ts';
import { type Sketch, sketch, sketchesAgree } from './sketch.ts';
import { type DeviceClass, sameDevice } from './volunteer.ts';

export interface Imprint {
  readonly fingerprint: string;
  /** One for each part that has a scale of its own; none where only fingerprints will be compared. */
  readonly sketches: readonly Sketch[];
}

/** An imprint, and on what its answer was computed. */
export interface DeviceImprint {
  readonly device: DeviceClass;
  readonly imprint: Imprint;
}

/** Whether two answers to one block are the same, as strictly as the devices that gave them allow. */
export function answersAgree(first: DeviceImprint, second: DeviceImprint): boolean {
  const [one, other] = [first.imprint, second.imprint];
  if (sameDevice(first.device, second.device)) return one.fingerprint === other.fingerprint;
  return one.sketches.every((part, index) => sketchesAgree(part, other.sketches[index]!));
}

/** Makes the vector canonical; undefined when it holds NaN or infinity. Gradient, state and loss differ in scale by orders of magnitude. */
export function imprintOfVector(
  vector: Float32Array,
  shape: ContributionShape,
  sketchSeed: number | undefined,
): Imprint | undefined {
  if (!canonicalize(vector)) return undefined;
  const { gradientSum, stateSum, lossSum } = contributionParts(vector, shape);
  return imprint(fingerprint(vector), [gradientSum, stateSum, Float32Array.of(lossSum)], sketchSeed);
}

/** The metric may be a count of right answers, in which rounding can flip a whole one, so only the loss is sketched. */
export function imprintOfEvaluation(
  sums: EvaluationSums,
  sketchSeed: number | undefined,
): Imprint | undefined {
  const { lossSum, metricSum } = sums;
  if (!Number.isFinite(lossSum + metricSum)) return undefined;
  return imprint(`${lossSum}/${metricSum}`, [Float32Array.of(lossSum)], sketchSeed);
}

function imprint(print: string, parts: readonly Float32Array[], sketchSeed: number | undefined): Imprint {
  const sketches = sketchSeed === undefined ? [] : parts.map((part) => sketch(part, sketchSeed));
  return { fingerprint: print, sketches };
}
