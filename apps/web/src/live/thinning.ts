/**
 * A page that is open for weeks must not draw slower every day. Of a long list the newer half stays as it is; of older points
 * one stays in every 2, 4, 8 … steps, the same all along, so that a curve is coarser where it is old and reaches back to
 * its beginning. Which points those are depends on their steps alone, so thinning again takes none that it need not.
 */

/** The places that stay of points at these ascending steps: all of them while there are no more than `max`, then three quarters at most. */
export function placesKept(steps: readonly number[], max: number): readonly number[] | 'all' {
  if (steps.length <= max) return 'all';
  const places = [...steps.keys()];
  const newer = places.splice(-max / 2);
  let older = places;
  for (let apart = 2; older.length > max / 4; apart *= 2) {
    const stretch = (place: number) => Math.floor(steps[place]! / apart);
    older = older.filter((place, i) => i === 0 || stretch(place) !== stretch(older[i - 1]!));
  }
  return [...older, ...newer];
}
