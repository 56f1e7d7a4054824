import {
  contributionLength,
  type Event,
  type Job,
  type Lease,
  type LeaseId,
  shapeOf,
  stepsOf,
} from '@manyhands/core';
import { type Checker, demand } from './checker.ts';

/**
 * [WA1] An answer of a volunteer who is there is accepted or refused, once. [WA2] Nothing is accepted that is not finite,
 * not as long as the layout says, not of the block's samples, or not for a lease of its sender.
 */
export function checkAnswers(job: Job): Checker {
  const length = contributionLength(shapeOf(job));
  let leases = new Map<LeaseId, Lease>();
  let here = new Set<number>();
  let flaw: string | undefined;

  function flawOf(event: Event & { type: 'contribution-arrived' }): string | undefined {
    const lease = leases.get(event.lease);
    if (lease?.volunteer !== event.volunteer) return 'came for a lease of another';
    if (event.vector.length !== length) return 'has the wrong length';
    const taken = event.samples / (lease.run.count * job.batch.unitSamples);
    const most = stepsOf(job.strategy);
    // Of units that train by themselves any may have been cut short, but after a whole step.
    const isWhole = Number.isInteger(event.samples / job.batch.unitSamples);
    if (!isWhole || taken < 1 || taken > most) return 'has the wrong count';
    return event.vector.every(Number.isFinite) ? undefined : 'is not finite';
  }

  return (seen) => {
    switch (seen.type) {
      case 'started':
        leases = new Map();
        here = new Set();
        return;
      case 'answering':
        flaw = flawOf(seen.event);
        return;
      case 'told': {
        const { event, effects } = seen;
        if (event.type === 'volunteer-joined') here.add(event.volunteer);
        if (event.type === 'volunteer-left') here.delete(event.volunteer);
        const accepts = effects.filter(({ type }) => type === 'accept').length;
        const verdicts = accepts + effects.filter(({ type }) => type === 'refuse').length;
        if (event.type === 'contribution-arrived' || event.type === 'evaluation-arrived') {
          const due = here.has(event.volunteer) ? 1 : 0;
          demand(
            verdicts === due,
            'WA1',
            () => `an answer for lease ${event.lease} got ${verdicts} verdicts`,
          );
        }
        demand(
          accepts === 0 || flaw === undefined,
          'WA2',
          () => `an answer was accepted that ${flaw ?? 'is good'}`,
        );
        flaw = undefined;
        for (const effect of effects) {
          if (effect.type === 'publish' && job.strategy.kind !== 'async') leases = new Map();
          if (effect.type === 'assign') leases.set(effect.lease.id, effect.lease);
        }
        return;
      }
      default:
        return;
    }
  };
}
