/**
 * What the ring may claim. The server says which units of the running round are leased, copied or in; which partial
 * sums exist follows from that alone, because the tree has one shape: a block is in when all of its units are.
 */

import { type Block, blockOf, unitsOf } from '@manyhands/core';
import type { JobLive, RoundLive } from '@manyhands/protocol';

export type CellState =
  | { readonly at: 'free' }
  | { readonly at: 'leased' | 'backup'; readonly volunteer: number }
  /** `volunteer` is undefined where answers of several were merged. */
  | { readonly at: 'in'; readonly volunteer: number | undefined };

/** What there is to draw. */
export type RingView =
  /** Nothing is known, or no round runs; `units` is 0 where not even the batch is known. */
  | { readonly at: 'rest'; readonly units: number }
  /** `mine` is the volunteer whose cells stand out. */
  | { readonly at: 'round'; readonly round: RoundLive; readonly mine: number | undefined }
  /** The last step is done and none follows. */
  | { readonly at: 'done'; readonly step: number; readonly units: number };

const FREE: CellState = { at: 'free' };

/** Above this many, the lowest levels of the tree are left out: their cells would be thinner than a line. */
export const CELLS_MAX = 256;

export function ringView(live: JobLive | undefined, mine?: number): RingView {
  if (live === undefined) return { at: 'rest', units: 0 };
  const { job, round } = live;
  if (job.status === 'finished') return { at: 'done', step: job.step, units: job.units };
  if (round === null) return { at: 'rest', units: job.units };
  // After the last step only the last version is measured: a round without units, under a batch that is empty.
  return { at: 'round', round: round.units === 0 ? { ...round, units: job.units } : round, mine };
}

/** The blocks that are cells of the ring, level by level from the outside in. The root is none: it is the disc. */
export function cellsOf(units: number): readonly Block[] {
  const root = blockOf(units);
  const blocks: Block[] = [];
  for (let level = lowestLevel(units); level < root.level; level++) {
    const count = Math.ceil(units / 2 ** level);
    for (let index = 0; index < count; index++) blocks.push({ level, index });
  }
  return blocks.length === 0 ? [root] : blocks;
}

/** The state of each of `cellsOf(round.units)`, in its order, and of the root. */
export function statesOf(round: RoundLive): {
  readonly cells: readonly CellState[];
  readonly root: CellState;
} {
  const units = unitStates(round);
  const stateOf = (block: Block): CellState => {
    const { first, count } = unitsOf(block, round.units);
    const covered = units.slice(first, first + count);
    if (covered.every((state) => state.at === 'in')) return { at: 'in', volunteer: onlyOne(covered) };
    if (block.level > lowestLevel(round.units)) return FREE;
    return covered.find((state) => state.at === 'backup' || state.at === 'leased') ?? FREE;
  };
  return { cells: cellsOf(round.units).map(stateOf), root: stateOf(blockOf(round.units)) };
}

/** Units of the round that are in. */
export function unitsIn(round: RoundLive): number {
  return unitStates(round).filter((state) => state.at === 'in').length;
}

/** The text equivalent: what somebody would say who looks at the ring. */
export function sentenceOf(view: RingView, volunteers: number): string {
  const crowd = volunteers === 1 ? '1 volunteer' : `${volunteers} volunteers`;
  if (view.at === 'rest') return `No round is running, ${crowd}`;
  if (view.at === 'done') return `Finished after ${view.step} steps`;
  const { round } = view;
  const { units, done } = round.evaluation;
  const checking = done < units ? `, held-out check ${done} of ${units}` : '';
  return `Step ${round.step}: ${unitsIn(round)} of ${round.units} units in, ${crowd}${checking}`;
}

/** The level that the outer ring draws: 0, the units, unless there are too many of them. */
export function lowestLevel(units: number): number {
  return Math.max(0, Math.ceil(Math.log2(units / CELLS_MAX)));
}

/** What is in stays in; a backup copy shows over the lease that it copies. */
function unitStates(round: RoundLive): readonly CellState[] {
  const states = new Array<CellState>(round.units).fill(FREE);
  const rank = { free: 0, leased: 1, backup: 2, in: 3 } as const;
  for (const [first, count, code, volunteer] of round.cells) {
    const at = (['leased', 'backup', 'in'] as const)[code];
    for (let unit = first; unit < Math.min(first + count, round.units); unit++) {
      if (rank[at] > rank[states[unit]!.at]) states[unit] = { at, volunteer };
    }
  }
  return states;
}

function onlyOne(states: readonly CellState[]): number | undefined {
  const owners = new Set(states.map((state) => (state.at === 'free' ? undefined : state.volunteer)));
  return owners.size === 1 ? [...owners][0] : undefined;
}
