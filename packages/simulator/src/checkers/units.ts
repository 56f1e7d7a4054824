import type { Effect, Lease, LeaseId } from '@manyhands/core';
import { type Checker, demand } from './checker.ts';

/** [WU1] No unit of a round counts twice. [WU2] A round that closes has every unit in. */
export function checkUnits(units: number): Checker {
  let leases = new Map<LeaseId, Lease>();
  let counted = new Set<number>();
  function look(effect: Effect): void {
    // The open round begins again.
    if (effect.type === 'record' && effect.entry.kind === 'class-changed') counted = new Set();
    if (effect.type === 'assign') leases.set(effect.lease.id, effect.lease);
    if (effect.type === 'accept') count(leases.get(effect.lease));
    if (effect.type !== 'publish') return;
    demand(counted.size === units, 'WU2', () => `a round closed with ${counted.size} of ${units} units`);
    counted = new Set();
    leases = new Map();
  }
  function count(lease: Lease | undefined): void {
    if (lease === undefined || lease.kind !== 'train') return;
    const { first, count } = lease.run;
    for (let unit = first; unit < first + count; unit++) {
      demand(!counted.has(unit), 'WU1', () => `unit ${unit} counted twice in one round (lease ${lease.id})`);
      counted.add(unit);
    }
  }
  return (seen) => {
    if (seen.type === 'started') {
      leases = new Map();
      counted = new Set();
    }
    if (seen.type !== 'told') return;
    for (const effect of seen.effects) look(effect);
    // A job that was stopped forgets the round it was in.
    const stopped = seen.effects.some((effect) => effect.type === 'status' && effect.status === 'stopped');
    if (stopped) counted = new Set();
  };
}
