import {
  contributionLength,
  type Effect,
  type Event,
  type HistoryEntry,
  type Job,
  type Lease,
  type LeaseId,
  shapeOf,
  type VolunteerId,
} from '@manyhands/core';
import type { Oracle } from '../oracle.ts';
import { type Checker, demand, sameBytes } from './checker.ts';

/**
 * [WS1] Of a block that two have answered the answers are compared, once, though the lease of one of them had ended: it was
 * superseded in this round or the one before, or expired in this one. Nothing else is compared.
 * [WS2] They agree when the second is what an honest volunteer computes, and differ when it is not. [WS3] Both are told: what the
 * table of volunteers says is the sum over all comparisons. [WM3] Nothing is kept of a lease longer than it may be compared.
 */
export function checkSecondAnswers(job: Job, oracle: Oracle): Checker {
  const length = contributionLength(shapeOf(job));
  let claims = new Map<LeaseId, Claim>();
  /** Leases of this round, by their blocks. */
  const granted = new Map<string, LeaseId[]>();
  let told = new Map<VolunteerId, { agreed: number; disagreed: number }>();
  /** What the answer that is about to be heard is worth. */
  let worth: Worth = 'bad';
  /** What must be recorded in this turn. */
  let due: Compared[] = [];

  function worthOf(event: Event & { type: 'contribution-arrived' }): Worth {
    const claim = claims.get(event.lease);
    if (claim?.lease.volunteer !== event.volunteer || claim.lease.kind !== 'train') return 'bad';
    const { run, version } = claim.lease;
    if (event.vector.length !== length || event.samples !== run.count * job.batch.unitSamples) return 'bad';
    if (!event.vector.every(Number.isFinite)) return 'bad';
    // Whether an answer that counts is a lie is the business of other rules.
    if (claim.state === 'live') return 'honest';
    return sameBytes(event.vector, oracle.sum(version.step, run)) ? 'honest' : 'lie';
  }

  function grant(lease: Lease): void {
    const key = blockOf(lease);
    claims.set(lease.id, { lease, state: 'live', rounds: 0 });
    granted.set(key, [...(granted.get(key) ?? []), lease.id]);
  }

  function hear(claim: Claim, effects: readonly Effect[]): void {
    if (effects.some((effect) => effect.type === 'accept' && effect.lease === claim.lease.id)) {
      claims.delete(claim.lease.id);
      return count(claim.lease);
    }
    if (claim.state === 'expired') {
      if (worth !== 'bad') claim.answer ??= worth;
      return;
    }
    if (claim.state === 'superseded' && worth !== 'bad') compare(claim, claim.first!, worth);
    claims.delete(claim.lease.id);
  }

  /** This answer counts: the others over its block may still come, or have come. */
  function count(lease: Lease): void {
    for (const id of granted.get(blockOf(lease))!) {
      const claim = claims.get(id);
      if (claim === undefined || isVoid(claim)) continue;
      const { state, answer } = claim;
      if (state === 'superseded' || claim.lease.volunteer === lease.volunteer) continue;
      claim.state = 'superseded';
      claim.first = lease.volunteer;
      if (answer === undefined) continue;
      compare(claim, lease.volunteer, answer);
      claims.delete(claim.lease.id);
    }
  }

  function compare({ lease }: Claim, first: VolunteerId, answer: 'honest' | 'lie'): void {
    due.push({ kind: 'compared', volunteer: lease.volunteer, first, agrees: answer === 'honest' });
  }

  function listen(event: Event, nowMs: number): void {
    switch (event.type) {
      case 'volunteer-joined':
        told.set(event.volunteer, { agreed: 0, disagreed: 0 });
        return;
      case 'volunteer-left':
        told.delete(event.volunteer);
        return;
      case 'lease-released': {
        const claim = claims.get(event.lease);
        if (claim?.state === 'live' && claim.lease.volunteer === event.volunteer) claims.delete(event.lease);
        return;
      }
      case 'ticked':
        for (const claim of claims.values()) {
          if (claim.state === 'live' && !isVoid(claim) && nowMs >= endOf(claim.lease)) expire(claim);
        }
        return;
      case 'stop-asked':
        return drop(({ state }) => state === 'live');
      default:
        return;
    }
  }

  function expire(claim: Claim): void {
    // The newest stands last.
    claims.delete(claim.lease.id);
    claims.set(claim.lease.id, claim);
    claim.state = 'expired';
    const expired = [...claims.values()].filter(({ state }) => state === 'expired');
    if (expired.length > EXPIRED_MAX) claims.delete(expired[0]!.lease.id);
  }

  function drop(is: (claim: Claim) => boolean): void {
    for (const [id, claim] of claims) if (is(claim)) claims.delete(id);
  }

  /** Who left has given back what it held. */
  function isVoid({ state, lease }: Claim): boolean {
    return state === 'live' && !told.has(lease.volunteer);
  }

  /** What expired before says nothing of the blocks that are given anew. */
  function beginAgain(): void {
    granted.clear();
    drop(({ state }) => state !== 'superseded');
  }

  function closeRound(): void {
    granted.clear();
    drop(({ state, rounds }) => state !== 'superseded' || rounds > 0);
    for (const claim of claims.values()) claim.rounds++;
  }

  function checkRecords(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type !== 'record' || effect.entry.kind !== 'compared') continue;
      const { entry } = effect;
      const place = due.findIndex(
        ({ volunteer, first }) => volunteer === entry.volunteer && first === entry.first,
      );
      demand(place >= 0, 'WS1', () => `${namesOf(entry)} were compared without having answered one block`);
      const [expected] = due.splice(place, 1);
      demand(
        expected!.agrees === entry.agrees,
        'WS2',
        () =>
          `the answers of ${namesOf(entry)} ${entry.agrees ? 'agree, and one is a lie' : 'differ, and both are honest'}`,
      );
      for (const id of [entry.volunteer, entry.first]) {
        const counts = told.get(id);
        if (counts !== undefined) counts[entry.agrees ? 'agreed' : 'disagreed']++;
      }
    }
    demand(due.length === 0, 'WS1', () => `the answers of ${namesOf(due[0]!)} were not compared`);
  }

  return (seen) => {
    if (seen.type === 'started') {
      claims = new Map();
      granted.clear();
      told = new Map();
    }
    if (seen.type === 'answering') worth = worthOf(seen.event);
    if (seen.type !== 'told') return;
    const { event, effects, nowMs } = seen;
    due = [];
    listen(event, nowMs);
    if (event.type === 'evaluation-arrived') worth = 'honest';
    if (event.type === 'contribution-arrived' || event.type === 'evaluation-arrived') {
      const claim = claims.get(event.lease);
      // Who has left is not listened to.
      if (claim?.lease.volunteer === event.volunteer && told.has(event.volunteer)) hear(claim, effects);
    }
    checkRecords(effects);
    for (const effect of effects) {
      if (effect.type === 'publish') closeRound();
      if (effect.type === 'record' && effect.entry.kind === 'class-changed') beginAgain();
      if (effect.type === 'assign') grant(effect.lease);
    }
    if (!effects.some(({ type }) => type === 'publish')) return;
    const { comparable, volunteers } = seen.view();
    const allowed = [...claims.values()].filter(({ state }) => state !== 'live').length;
    demand(
      comparable <= allowed,
      'WM3',
      () => `${comparable} leases are kept for comparison instead of ${allowed}`,
    );
    for (const { volunteer, agreed, disagreed } of volunteers) {
      const counts = told.get(volunteer);
      demand(
        counts === undefined || (counts.agreed === agreed && counts.disagreed === disagreed),
        'WS3',
        () => `volunteer ${volunteer} is said to agree ${agreed} and to differ ${disagreed} times`,
      );
    }
  };
}

/** A lease from its grant until nothing of it can be compared any more. */
interface Claim {
  readonly lease: Lease;
  state: 'live' | 'expired' | 'superseded';
  /** Of an expired one: an answer that came before any other over its block. */
  answer?: Exclude<Worth, 'bad'>;
  /** Of a superseded one: whose answer counts. */
  first?: VolunteerId;
  /** That have closed since. */
  rounds: number;
}

type Worth = 'honest' | 'lie' | 'bad';
type Compared = HistoryEntry & { readonly kind: 'compared' };

/** So many expired leases are remembered. */
const EXPIRED_MAX = 256;

function endOf({ grantedAtMs, deadlineMs }: Lease): number {
  return grantedAtMs + 2 * (deadlineMs - grantedAtMs);
}

function blockOf({ kind, block }: Lease): string {
  return `${kind}/${block.level}/${block.index}`;
}

function namesOf({ volunteer, first }: Compared): string {
  return `volunteers ${volunteer} and ${first}`;
}
