import type { AccountId, Checkpoint, Lease, LeaseId, VolunteerId } from '@manyhands/core';
import { type Checker, demand } from './checker.ts';

/**
 * [WC1] Credit is counted once for every unit of every step that exists: in a checkpoint it sums to steps × units,
 * [WC2] and each account has what its accepted answers were worth.
 */
export function checkCredit(units: number): Checker {
  let credit = new Map<AccountId, number>();
  let inRound = new Map<AccountId, number>();
  let accounts = new Map<VolunteerId, AccountId>();
  let leases = new Map<LeaseId, Lease>();

  function check({ credit: found, version }: Checkpoint): void {
    const sum = [...found.values()].reduce((a, b) => a + b, 0);
    demand(
      sum === version.step * units,
      'WC1',
      () => `after ${version.step} steps of ${units} units the credit sums to ${sum}`,
    );
    for (const [account, count] of credit) {
      demand(
        found.get(account) === count,
        'WC2',
        () => `${account} has credit for ${found.get(account)} units instead of ${count}`,
      );
    }
  }

  return (seen) => {
    if (seen.type === 'started') {
      credit = new Map(seen.from.credit);
      inRound = new Map();
      accounts = new Map();
      leases = new Map();
      check(seen.from);
    }
    if (seen.type !== 'told') return;
    const { event, effects } = seen;
    if (event.type === 'volunteer-joined') accounts.set(event.volunteer, event.account);
    if (event.type === 'volunteer-left') accounts.delete(event.volunteer);
    for (const effect of effects) {
      if (effect.type === 'assign') leases.set(effect.lease.id, effect.lease);
      if (effect.type === 'accept') add(inRound, accounts.get(effect.volunteer)!, leases.get(effect.lease)!);
      if (effect.type === 'save') check(effect.checkpoint);
      if (effect.type === 'publish') {
        leases = new Map();
        for (const [account, count] of inRound) credit.set(account, (credit.get(account) ?? 0) + count);
        inRound = new Map();
      }
      // A job that was stopped forgets the round it was in.
      if (effect.type === 'status' && effect.status === 'stopped') inRound = new Map();
    }
  };
}

function add(credit: Map<AccountId, number>, account: AccountId, { kind, run }: Lease): void {
  if (kind === 'train') credit.set(account, (credit.get(account) ?? 0) + run.count);
}
