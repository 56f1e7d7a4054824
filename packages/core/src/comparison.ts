/**
 * A second answer to a block that is in changes nothing, but it says something about both who answered. Of the first, whose
 * vector has been added to others by then, an imprint was kept: within one class of device answers must be the
 * same bytes, so fingerprints are compared; between classes they are the same but for rounding, so sketches are. An
 * imprint is taken only where a second answer may come, and sketched only where another class may send it.
 *
 * The second answer is that of another live copy, or of a lease that expired before anybody answered, for its device goes on
 * computing. Its block was free again by then, and who answers it may have got a larger or a smaller one; only where it is the
 * same block there is something to compare with. Whose lease expired may even be sooner than who has the block now: its answer
 * does not count, and its imprint waits for the one that does.
 */

import { canonicalize } from './canonical.ts';
import { fingerprint } from './codec/index.ts';
import { type ContributionShape, contributionParts } from './contribution.ts';
import type { EvaluationSums } from './evaluation.ts';
import type { Lease, LeaseId } from './lease.ts';
import { type Sketch, sketch, sketchesAgree } from './sketch.ts';
import { type DeviceClass, sameDevice, type VolunteerId } from './volunteer.ts';
import { sameBlock } from './work-unit.ts';

/** What stands for an answer that can no longer be looked at. */
export interface Imprint {
  readonly fingerprint: string;
  /** One for each part that has a scale of its own; none where only fingerprints will be compared. */
  readonly sketches: readonly Sketch[];
}

/** A lease whose block was answered by another copy. */
export interface Superseded {
  readonly lease: Lease;
  /** Whose answer was merged. */
  readonly first: VolunteerId;
  readonly device: DeviceClass;
  readonly imprint: Imprint;
}

/** A lease that expired, and whose block is not in yet. */
interface Late {
  readonly lease: Lease;
  readonly device: DeviceClass;
  /** Of an answer that came nevertheless. */
  readonly imprint: Imprint | undefined;
}

/** So many leases that expired are remembered, until their round closes. */
const LATE_MAX = 256;

/** What was merged in place of others' answers: those of this round and the one before, for answers travel. */
export class Comparison {
  #now = new Map<LeaseId, Superseded>();
  #before = new Map<LeaseId, Superseded>();
  /** Of this round; what expired first is forgotten first. */
  #late = new Map<LeaseId, Late>();

  /** Leases of which something is kept. */
  get size(): number {
    return this.#now.size + this.#before.size + this.#late.size;
  }

  expect(superseded: Superseded): void {
    this.#now.set(superseded.lease.id, superseded);
  }

  /** What to compare this volunteer's answer with, once. */
  take(id: LeaseId, volunteer: VolunteerId): Superseded | undefined {
    const superseded = this.#now.get(id) ?? this.#before.get(id);
    if (superseded?.lease.volunteer !== volunteer) return undefined;
    this.#now.delete(id);
    this.#before.delete(id);
    return superseded;
  }

  /** This lease expired, and its device may go on computing. */
  late(lease: Lease, device: DeviceClass): void {
    this.#late.set(lease.id, { lease, device, imprint: undefined });
    const [oldest] = this.#late.keys();
    if (this.#late.size > LATE_MAX) this.#late.delete(oldest!);
  }

  /** Late leases of others over the block of this one. */
  lateOver({ volunteer, kind, block }: Lease): readonly Late[] {
    if (this.#late.size === 0) return [];
    return [...this.#late.values()].filter(
      ({ lease }) => lease.volunteer !== volunteer && lease.kind === kind && sameBlock(lease.block, block),
    );
  }

  /** The late lease of this volunteer whose answer has not come. */
  awaited(id: LeaseId, volunteer: VolunteerId): Lease | undefined {
    const late = this.#late.get(id);
    return late?.imprint === undefined && late?.lease.volunteer === volunteer ? late.lease : undefined;
  }

  /** Its answer has come, and waits for the one that counts. */
  arrived(id: LeaseId, imprint: Imprint): void {
    this.#late.set(id, { ...this.#late.get(id)!, imprint });
  }

  /** Nothing of this lease is late any more: the answer that counts is in. */
  forget(id: LeaseId): void {
    this.#late.delete(id);
  }

  /** Its blocks are others', though they have the same names. */
  roundBegunAgain(): void {
    this.#late = new Map();
  }

  roundClosed(): void {
    this.#before = this.#now;
    this.#now = new Map();
    this.#late.clear();
  }
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

/** Whether two answers to one block are the same, as strictly as the devices that gave them allow. */
export function answersAgree(past: Superseded, second: Imprint, device: DeviceClass): boolean {
  if (sameDevice(past.device, device)) return past.imprint.fingerprint === second.fingerprint;
  return past.imprint.sketches.every((first, part) => sketchesAgree(first, second.sketches[part]!));
}
