/**
 * One optimization step while it is under way: which leases are live, and what has come in. It closes when its gathering is
 * complete and, where this version is measured, every unit of the evaluation is in. Leases and sums live here and nowhere
 * else, so a round that ends takes all its claims with it, but for those that its gathering lets go on in the next.
 */

import { assert } from './assert.ts';
import { createEvaluation, type Evaluation } from './evaluation.ts';
import { createFreeBlocks } from './free-blocks.ts';
import type { Claimed, Gathering } from './gathering.ts';
import type { Lease, LeaseId, WorkKind } from './lease.ts';
import type { ParamsVersion } from './params.ts';
import type { RoundView } from './view.ts';
import { unitsOf } from './work-unit.ts';

export interface RoundShape {
  readonly version: ParamsVersion;
  readonly openedAtMs: number;
  /** Units of the batch; 0 when only the last version is to be measured. */
  readonly trainUnits: number;
  readonly evaluationUnits: number;
}

export interface Round {
  readonly shape: RoundShape;
  readonly gathering: Gathering;
  readonly evaluation: Evaluation;
  /** Units of this kind that nobody has. */
  unitsFree(kind: WorkKind): number;
  /** There are units of this kind that may go out. */
  offers(kind: WorkKind): boolean;
  /** No claim of any kind can succeed before a lease ends. */
  readonly exhausted: boolean;
  /** Claims a free block of at most so many units; the caller makes a lease of it and gives it to `grant`. */
  claim(kind: WorkKind, most: number): Claimed | undefined;
  grant(lease: Lease): void;
  lease(id: LeaseId): Lease | undefined;
  leases(): Iterable<Lease>;
  /** Live leases over the same block as this one, this one included. */
  copies(lease: Lease): readonly Lease[];
  /** Ends one lease without an answer; its block is free again when no other copy is live. */
  drop(lease: Lease): void;
  /** Marks the block of a lease as in, ends every copy of it and returns the others. */
  settle(lease: Lease): readonly Lease[];
  /** Nothing is in, and nobody has anything of it. */
  readonly untouched: boolean;
  readonly complete: boolean;
  view(): RoundView;
}

/** A tree of 2³¹ units is as high. */
const LEVELS_MAX = 32;

/** `leases` are those of the round before that go on. */
export function openRound(shape: RoundShape, gathering: Gathering, leases: readonly Lease[] = []): Round {
  const freeToEvaluate = createFreeBlocks(shape.evaluationUnits);
  const evaluation = createEvaluation(shape.evaluationUnits);
  const live = new Map<LeaseId, Lease>();
  const copiesOf = new Map<number, Lease[]>();

  /** Different for every kind, level and index; a number, because it is made several times a lease. */
  const blockKey = ({ kind, block }: Lease) =>
    (block.index * LEVELS_MAX + block.level) * 2 + (kind === 'train' ? 0 : 1);

  function forget(lease: Lease): readonly Lease[] {
    assert(live.delete(lease.id), 'round.forget', `lease ${lease.id} is not live`);
    const others = copiesOf.get(blockKey(lease))!.filter(({ id }) => id !== lease.id);
    if (others.length > 0) copiesOf.set(blockKey(lease), others);
    else copiesOf.delete(blockKey(lease));
    return others;
  }

  function unitsFree(kind: WorkKind): number {
    return kind === 'train' ? gathering.free : freeToEvaluate.units;
  }

  function offers(kind: WorkKind): boolean {
    return unitsFree(kind) > 0 && !(kind === 'train' && gathering.atBound);
  }

  function claimToEvaluate(): Claimed | undefined {
    const block = freeToEvaluate.take(0);
    return block && { block, run: unitsOf(block, shape.evaluationUnits) };
  }

  function grant(lease: Lease): void {
    live.set(lease.id, lease);
    const copies = copiesOf.get(blockKey(lease));
    if (copies !== undefined) copies.push(lease);
    else copiesOf.set(blockKey(lease), [lease]);
  }

  leases.forEach(grant);
  return {
    shape,
    gathering,
    evaluation,
    unitsFree,
    offers,
    get exhausted() {
      return !offers('evaluate') && !offers('train');
    },
    claim: (kind, most) => (kind === 'train' ? gathering.claim(most) : claimToEvaluate()),
    grant,
    lease: (id) => live.get(id),
    leases: () => live.values(),
    copies: (lease) => copiesOf.get(blockKey(lease)) ?? [],
    drop(lease) {
      if (forget(lease).length > 0) return;
      if (lease.kind === 'train') gathering.give(lease);
      else freeToEvaluate.give(lease.block);
    },
    settle(lease) {
      const others = forget(lease);
      for (const other of others) forget(other);
      if (lease.kind === 'train') gathering.settle(lease);
      return others;
    },
    get untouched() {
      return live.size === 0 && gathering.unitsIn === 0 && evaluation.done === 0;
    },
    get complete() {
      return gathering.complete && evaluation.done === evaluation.units;
    },
    view: () => ({
      step: shape.version.step,
      units: shape.trainUnits,
      cells: gathering.cells([...live.values()].filter(({ kind }) => kind === 'train')),
      evaluation: { units: evaluation.units, done: evaluation.done },
    }),
  };
}
