/**
 * A history that never ends must not grow without end. The newest points stay as they are; of the older ones the kind that
 * has most keeps one in every 2, 4, 8 … indices, until there is room. So a curve is coarser where it is old and still reaches
 * back to its beginning, a crowd that comes and goes does not push it out, and what happened seldom, a recovery say, is
 * still there years later.
 */

/** These stay as they are. */
export const POINTS_NEWEST = 4_000;
/** Beyond this many the older ones are thinned. */
export const POINTS_MAX = 8_000;
/** So many older ones are left. */
const POINTS_OLDER = 2_000;

export interface Thinnable {
  readonly index: number;
  readonly kind: string;
}

/** The indices that go, of all points of a run, oldest first; none while there are few. */
export function thinned(points: readonly Thinnable[]): number[] {
  if (points.length <= POINTS_MAX) return [];
  const kinds = indicesByKind(points.slice(0, -POINTS_NEWEST));
  const apart = new Map<string, number>();
  const gone: number[] = [];
  let left = points.length - POINTS_NEWEST;
  while (left > POINTS_OLDER) {
    const [kind, indices] = largest(kinds);
    const stretch = 2 * (apart.get(kind) ?? 1);
    apart.set(kind, stretch);
    const [first, others] = firstOfEach(stretch, indices);
    gone.push(...others);
    kinds.set(kind, first);
    left -= others.length;
  }
  return gone;
}

/** The first index in each stretch of this length, and the others: whoever thins again later finds the same stretches, two in one. */
function firstOfEach(stretch: number, indices: readonly number[]): [first: number[], others: number[]] {
  const first: number[] = [];
  const others: number[] = [];
  const within = (index: number | undefined) => Math.floor((index ?? -1) / stretch);
  for (const index of indices) (within(index) === within(first.at(-1)) ? others : first).push(index);
  return [first, others];
}

function indicesByKind(points: readonly Thinnable[]): Map<string, number[]> {
  const kinds = new Map<string, number[]>();
  for (const { index, kind } of points) {
    const indices = kinds.get(kind);
    if (indices === undefined) kinds.set(kind, [index]);
    else indices.push(index);
  }
  return kinds;
}

function largest(kinds: ReadonlyMap<string, number[]>): [string, number[]] {
  return [...kinds].reduce((most, one) => (one[1].length > most[1].length ? one : most));
}
