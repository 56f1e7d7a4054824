/**
 * A history that never ends must not grow without end. The newest points stay as they are; of the older ones the kind that
 * has most loses every second point, again and again, until there is room. So a curve gets coarser the further back it goes,
 * a crowd that comes and goes does not push it out, and what happened seldom, a recovery say, is still there years later.
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
  const gone: number[] = [];
  let left = points.length - POINTS_NEWEST;
  while (left > POINTS_OLDER) {
    const [kind, indices] = largest(kinds);
    const every = (parity: number) => indices.filter((_, i) => i % 2 === parity);
    gone.push(...every(1));
    kinds.set(kind, every(0));
    left -= every(1).length;
  }
  return gone;
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
