/**
 * One optimization step while it is under way: which units nobody has, which leases are live, which sums are in. It
 * closes when every unit of the batch is in and, where this version is measured, every unit of the evaluation too.
 * Leases and sums live here and nowhere else, so a round that ends takes all its claims with it.
 */

import { assert } from './assert.ts';
import { createEvaluation, type Evaluation } from './evaluation.ts';
import { createFreeBlocks, type FreeBlocks } from './free-blocks.ts';
import type { Lease, LeaseId, WorkKind } from './lease.ts';
import type { Loops } from './loops.ts';
import type { ParamsVersion } from './params.ts';
import { createReduction, type Reduction, type Spare } from './reduction.ts';
import type { RoundCell, RoundView } from './view.ts';
import type { VolunteerId } from './volunteer.ts';
import { type Block, siblingOf, unitsOf } from './work-unit.ts';

export interface RoundShape {
  readonly version: ParamsVersion;
  readonly openedAtMs: number;
  /** Units of the batch; 0 when only the last version is to be measured. */
  readonly trainUnits: number;
  readonly evaluationUnits: number;
  readonly heldVectorsMax: number;
}

export interface Round {
  readonly shape: RoundShape;
  readonly reduction: Reduction;
  readonly evaluation: Evaluation;
  /** Units of this kind that nobody has. */
  unitsFree(kind: WorkKind): number;
  /** There are units of this kind that may go out. */
  offers(kind: WorkKind): boolean;
  /** No claim of any kind can succeed before a lease ends. */
  readonly exhausted: boolean;
  /** There are free units, but none may go out before memory is free. */
  readonly atBound: boolean;
  /** Claims a free block; the caller makes a lease of it and gives it to `grant`. */
  claim(kind: WorkKind, levelMax: number): Block | undefined;
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

export function openRound(shape: RoundShape, spare: Spare, loops: Loops): Round {
  const free: Record<WorkKind, FreeBlocks> = {
    train: createFreeBlocks(shape.trainUnits),
    evaluate: createFreeBlocks(shape.evaluationUnits),
  };
  const reduction = createReduction(shape.trainUnits, spare, loops);
  const evaluation = createEvaluation(shape.evaluationUnits);
  const live = new Map<LeaseId, Lease>();
  const copiesOf = new Map<number, Lease[]>();
  const settled: RoundCell[] = [];
  let trainBlocksLeased = 0;
  let trainUnitsIn = 0;
  /** A claim failed at the bound of memory, and nothing has come back since. */
  let atBound = false;

  /** Different for every kind, level and index; a number, because it is made several times a lease. */
  const blockKey = ({ kind, block }: Lease) =>
    (block.index * LEVELS_MAX + block.level) * 2 + (kind === 'train' ? 0 : 1);

  function forget(lease: Lease): readonly Lease[] {
    atBound = false;
    assert(live.delete(lease.id), 'round.forget', `lease ${lease.id} is not live`);
    const others = copiesOf.get(blockKey(lease))!.filter(({ id }) => id !== lease.id);
    if (others.length > 0) copiesOf.set(blockKey(lease), others);
    else {
      copiesOf.delete(blockKey(lease));
      if (lease.kind === 'train') trainBlocksLeased--;
    }
    return others;
  }

  /**
   * A lease is the credit for one more partial sum, so memory is bounded by giving out no more of them. At the bound only
   * a block that completes a pair may still go out. One always can: the sibling of the smallest sum that is held has
   * nothing in, so it is free or under way.
   */
  function claimTrain(levelMax: number): Block | undefined {
    if (atBound) return undefined;
    if (reduction.held + trainBlocksLeased < shape.heldVectorsMax) return free.train.take(levelMax);
    const held = [...reduction.heldBlocks()].sort((a, b) => a.level - b.level);
    for (const block of held) {
      const sibling = siblingOf(block, shape.trainUnits);
      if (sibling !== undefined && free.train.takeThis(sibling)) return sibling;
    }
    atBound = true;
    return undefined;
  }

  function offers(kind: WorkKind): boolean {
    return free[kind].units > 0 && !(kind === 'train' && atBound);
  }

  return {
    shape,
    reduction,
    evaluation,
    unitsFree: (kind) => free[kind].units,
    offers,
    get exhausted() {
      return !offers('evaluate') && !offers('train');
    },
    get atBound() {
      return atBound;
    },
    claim: (kind, levelMax) => (kind === 'train' ? claimTrain(levelMax) : free.evaluate.take(0)),
    grant(lease) {
      live.set(lease.id, lease);
      const copies = copiesOf.get(blockKey(lease));
      if (copies !== undefined) copies.push(lease);
      else {
        copiesOf.set(blockKey(lease), [lease]);
        if (lease.kind === 'train') trainBlocksLeased++;
      }
    },
    lease: (id) => live.get(id),
    leases: () => live.values(),
    copies: (lease) => copiesOf.get(blockKey(lease)) ?? [],
    drop(lease) {
      if (forget(lease).length === 0) free[lease.kind].give(lease.block);
    },
    settle(lease) {
      const others = forget(lease);
      for (const other of others) forget(other);
      if (lease.kind === 'train') {
        trainUnitsIn += lease.run.count;
        settled.push({ run: lease.run, state: 'in', volunteer: lease.volunteer });
      }
      return others;
    },
    get untouched() {
      return live.size === 0 && trainUnitsIn === 0 && evaluation.done === 0;
    },
    get complete() {
      return trainUnitsIn === shape.trainUnits && evaluation.done === evaluation.units;
    },
    view: () => ({
      step: shape.version.step,
      units: shape.trainUnits,
      cells: [...settled, ...[...live.values()].filter(({ kind }) => kind === 'train').map(cellOf)],
      evaluation: { units: evaluation.units, done: evaluation.done },
    }),
  };
}

function cellOf({ run, backup, volunteer }: Lease): RoundCell {
  return { run, state: backup ? 'backup' : 'leased', volunteer };
}

/** The lease that a volunteer gets over a block. */
export function leaseOver(
  block: Block,
  kind: WorkKind,
  round: RoundShape,
  grant: {
    readonly id: LeaseId;
    readonly volunteer: VolunteerId;
    readonly grantedAtMs: number;
    readonly expectedAtMs: number;
    readonly deadlineMs: number;
    readonly backup: boolean;
  },
): Lease {
  const run = unitsOf(block, kind === 'train' ? round.trainUnits : round.evaluationUnits);
  return { ...grant, kind, version: round.version, block, run };
}
