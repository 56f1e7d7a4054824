import {
  type AccountId,
  formatVersion,
  type Job,
  type Lease,
  type LeaseId,
  type ParamsVersion,
  sameVersion,
  type Units,
  type VolunteerId,
} from '@manyhands/core';
import { type Checker, demand } from './checker.ts';

/**
 * [WC1] Credit is counted once for every unit of every step that exists: what the disk holds when a server starts, and at the end,
 * sums to steps × units, or where more than a batch may make a version to no less, [WC2] and each account has what its accepted answers were worth, up to the version that was found.
 */
export function checkCredit({ batch: { units }, strategy }: Pick<Job, 'batch' | 'strategy'>): Checker {
  const isStream = strategy.kind === 'async';
  /** Up to the newest version. */
  let credit = new Map<AccountId, number>();
  let inRound = new Map<AccountId, number>();
  let accounts = new Map<VolunteerId, AccountId>();
  let leases = new Map<LeaseId, Lease>();
  /** In the order in which they were saved; the first ones are forgotten. */
  let saved: { readonly version: ParamsVersion; readonly credit: Units }[] = [];

  function save(version: ParamsVersion): void {
    saved = [...saved, { version, credit: new Map(credit) }].slice(-REMEMBERED);
  }

  function check(found: Units, version: ParamsVersion | undefined): void {
    const sum = [...found.values()].reduce((a, b) => a + b, 0);
    const step = version?.step ?? 0;
    demand(
      isStream ? sum >= step * units : sum === step * units,
      'WC1',
      () => `after ${step} steps of ${units} units the credit sums to ${sum}`,
    );
    if (version === undefined) return;
    const expected = saved.findLast((each) => sameVersion(each.version, version))?.credit;
    demand(expected !== undefined, 'WC2', () => `nobody saved ${formatVersion(version)}`);
    for (const account of new Set([...found.keys(), ...expected.keys()])) {
      const [has, earned] = [found.get(account) ?? 0, expected.get(account) ?? 0];
      demand(has === earned, 'WC2', () => `${account} has credit for ${has} units instead of ${earned}`);
    }
  }

  return (seen) => {
    if (seen.type === 'started') {
      check(seen.credit, seen.source);
      credit = new Map(seen.credit);
      inRound = new Map();
      accounts = new Map();
      leases = new Map();
      save(seen.from.version);
    }
    if (seen.type === 'reopened') check(seen.credit, seen.found?.version);
    if (seen.type !== 'told') return;
    const { event, effects } = seen;
    if (event.type === 'volunteer-joined') accounts.set(event.volunteer, event.account);
    if (event.type === 'volunteer-left') accounts.delete(event.volunteer);
    for (const effect of effects) {
      if (effect.type === 'assign') leases.set(effect.lease.id, effect.lease);
      if (effect.type === 'accept') add(inRound, accounts.get(effect.volunteer)!, leases.get(effect.lease)!);
      if (effect.type === 'save') save(effect.checkpoint.version);
      if (effect.type === 'publish') {
        if (!isStream) leases = new Map();
        for (const [account, count] of inRound) credit.set(account, (credit.get(account) ?? 0) + count);
        inRound = new Map();
      }
      if (effect.type === 'record' && effect.entry.kind === 'class-changed') inRound = new Map();
      // A job that was stopped forgets the round it was in.
      if (effect.type === 'status' && effect.status === 'stopped') inRound = new Map();
    }
  };
}

/** More than a disk keeps. */
const REMEMBERED = 40;

function add(credit: Map<AccountId, number>, account: AccountId, { kind, run }: Lease): void {
  if (kind === 'train') credit.set(account, (credit.get(account) ?? 0) + run.count);
}
