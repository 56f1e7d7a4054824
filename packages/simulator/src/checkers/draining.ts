import { type Checker, demand } from './checker.ts';

/**
 * [WG1] A server that was told to drain grants nothing from there on. [WG2] It says once that it has drained, and only when
 * every lease has ended.
 */
export function checkDraining(): Checker {
  let asked = false;
  let drained = 0;
  return (seen) => {
    if (seen.type === 'started') {
      asked = false;
      drained = 0;
    }
    if (seen.type !== 'told') return;
    if (seen.event.type === 'drain-asked') asked = true;
    for (const effect of seen.effects) {
      if (effect.type === 'assign') {
        demand(
          !asked,
          'WG1',
          () => `lease ${effect.lease.id} was granted after the server was told to drain`,
        );
      }
      if (effect.type === 'drained') drained++;
    }
    if (!seen.effects.some(({ type }) => type === 'drained')) return;
    const { cells } = seen.view().round;
    const leased = cells.some(({ state }) => state !== 'in');
    demand(drained <= 1, 'WG2', () => 'the server said twice that it has drained');
    demand(!leased, 'WG2', () => 'the server said that it has drained while a lease was live');
  };
}
