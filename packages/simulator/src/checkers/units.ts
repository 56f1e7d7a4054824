import type { Effect, Job, Lease, LeaseId } from '@manyhands/core';
import { type Checker, demand } from './checker.ts';

/**
 * [WU1] No unit of a round counts twice, and of a stream none ever. [WU2] A round that closes has every unit in; where answers are taken
 * as they come, as many.
 */
export function checkUnits({ batch: { units }, strategy }: Pick<Job, 'batch' | 'strategy'>): Checker {
  const isStream = strategy.kind === 'async';
  let leases = new Map<LeaseId, Lease>();
  let counted = new Set<number>();
  let inRound = 0;
  function look(effect: Effect): void {
    // The open round begins again.
    if (effect.type === 'record' && effect.entry.kind === 'class-changed') {
      counted = new Set();
      inRound = 0;
    }
    if (effect.type === 'assign') leases.set(effect.lease.id, effect.lease);
    if (effect.type === 'accept') count(leases.get(effect.lease));
    if (effect.type !== 'publish') return;
    const isDone = isStream ? inRound >= units : counted.size === units;
    demand(isDone, 'WU2', () => `a round closed with ${inRound} of ${units} units`);
    inRound = 0;
    if (isStream) return;
    counted = new Set();
    leases = new Map();
  }
  function count(lease: Lease | undefined): void {
    if (lease === undefined || lease.kind !== 'train') return;
    const { count } = lease.run;
    // Where rounds do not end with their leases, a run says how far from the first unit of its version it is.
    const first = lease.run.first + (isStream ? lease.version.step * units : 0);
    inRound += count;
    for (let unit = first; unit < first + count; unit++) {
      demand(!counted.has(unit), 'WU1', () => `unit ${unit} counted twice in one round (lease ${lease.id})`);
      counted.add(unit);
    }
  }
  return (seen) => {
    if (seen.type === 'started') {
      leases = new Map();
      counted = new Set();
      inRound = 0;
    }
    if (seen.type !== 'told') return;
    for (const effect of seen.effects) look(effect);
    // A job that was stopped forgets the round it was in.
    const stopped = seen.effects.some((effect) => effect.type === 'status' && effect.status === 'stopped');
    if (stopped) {
      inRound = 0;
      if (!isStream) counted = new Set();
    }
  };
}
