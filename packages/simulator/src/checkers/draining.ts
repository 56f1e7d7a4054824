import { type Checker, demand } from './checker.ts';

/**
 * [SG1] A server that was told to drain grants nothing from there on. [SG2] It says once that it has drained, and only when
 * every lease of a volunteer who is there has ended.
 */
export function checkDraining(): Checker {
  let asked = false;
  let drained = 0;
  const lost = new Set<number>();
  return (seen) => {
    if (seen.type === 'started') {
      asked = false;
      drained = 0;
      lost.clear();
    }
    if (seen.type !== 'told') return;
    const { event } = seen;
    if (event.type === 'drain-asked') asked = true;
    if (event.type === 'volunteer-lost') lost.add(event.volunteer);
    if (event.type === 'volunteer-returned' || event.type === 'volunteer-left') lost.delete(event.volunteer);
    for (const effect of seen.effects) {
      if (effect.type === 'assign') {
        demand(
          !asked,
          'SG1',
          () => `lease ${effect.lease.id} was granted after the server was told to drain`,
        );
      }
      if (effect.type === 'drained') drained++;
    }
    if (!seen.effects.some(({ type }) => type === 'drained')) return;
    const { cells } = seen.view().round;
    const leased = cells.some(({ state, volunteer }) => state !== 'in' && !lost.has(volunteer));
    demand(drained <= 1, 'SG2', () => 'the server said twice that it has drained');
    demand(!leased, 'SG2', () => 'the server said that it has drained while a lease was live');
  };
}
