import {
  type Effect,
  type Event,
  type HistoryEntry,
  type Lease,
  type LeaseId,
  sameBlock,
  type VolunteerId,
} from '@manyhands/core';
import { type Checker, demand } from './checker.ts';

/**
 * [WL1] A lease ends exactly once: fulfilled, superseded, expired, released, or with the incarnation that granted it.
 * [WL2] Nobody holds more than two. [WL3] When a round closes, no lease over it is live. [WL4] Nobody is given a copy of a
 * block that it already has. [WL5] No lease outlives twice its span.
 */
export function checkLeases(): Checker {
  /** Live leases of each volunteer. */
  const live = new Map<VolunteerId, Lease[]>();

  function leasesOf(volunteer: VolunteerId): Lease[] {
    const leases = live.get(volunteer) ?? [];
    live.set(volunteer, leases);
    return leases;
  }

  function grant(lease: Lease): void {
    const leases = leasesOf(lease.volunteer);
    demand(
      !leases.some((other) => isCopy(other, lease)),
      'WL4',
      () => `volunteer ${lease.volunteer} was given a copy, ${lease.id}, of a block that it has`,
    );
    leases.push(lease);
    demand(
      leases.length <= 2,
      'WL2',
      () => `volunteer ${lease.volunteer} was given lease ${lease.id} beside ${idsOf(leases)}`,
    );
  }

  /** Ends one lease of this volunteer for which `is` holds. */
  function end(volunteer: VolunteerId, how: string, is: (lease: Lease) => boolean): void {
    const leases = leasesOf(volunteer);
    const at = leases.findIndex(is);
    demand(at >= 0, 'WL1', () => `a lease of ${volunteer} was ${how}; live are ${idsOf(leases)}`);
    leases.splice(at, 1);
  }

  function look(effect: Effect, event: Event, nowMs: number): void {
    if (effect.type === 'assign') grant(effect.lease);
    if (effect.type === 'accept') end(effect.volunteer, 'fulfilled', ({ id }) => id === effect.lease);
    if (effect.type === 'publish') {
      for (const leases of live.values()) {
        demand(
          leases.every(({ version }) => version.step >= effect.version.step),
          'WL3',
          () => `of a round that is over ${idsOf(leases)} are live`,
        );
      }
    }
    if (effect.type !== 'record') return;
    if (effect.entry.kind === 'lease-ended') endAsRecorded(effect.entry, event, nowMs);
    if (effect.entry.kind === 'left') leave(effect.entry.volunteer, effect.entry.unitsReturned);
  }

  /** The history names no lease, but says enough to find the one that is meant. */
  function endAsRecorded(entry: HistoryEntry & { kind: 'lease-ended' }, event: Event, nowMs: number): void {
    const named = 'lease' in event ? event.lease : undefined;
    const sender = 'volunteer' in event ? event.volunteer : undefined;
    const answered = sender === undefined ? undefined : live.get(sender)?.find(({ id }) => id === named);
    end(entry.volunteer, entry.end, (lease) => {
      if (lease.run.count !== entry.units) return false;
      if (entry.end === 'expired')
        return nowMs >= lease.grantedAtMs + 2 * (lease.deadlineMs - lease.grantedAtMs);
      // Nobody ends the lease of another; only somebody who stops the job ends all.
      if (entry.end === 'released') return named === undefined || lease === answered;
      return answered !== undefined && lease !== answered && isCopy(lease, answered);
    });
  }

  function leave(volunteer: VolunteerId, unitsReturned: number): void {
    const units = leasesOf(volunteer).reduce((sum, { run }) => sum + run.count, 0);
    demand(
      units === unitsReturned,
      'WL1',
      () => `volunteer ${volunteer} left ${units} units behind, of which ${unitsReturned} went back`,
    );
    live.delete(volunteer);
  }

  function checkSpans(nowMs: number): void {
    for (const leases of live.values()) {
      for (const lease of leases) {
        demand(nowMs < endOf(lease), 'WL5', () => `lease ${lease.id} outlives twice its span`);
      }
    }
  }

  return (seen) => {
    if (seen.type === 'started') live.clear();
    if (seen.type !== 'told') return;
    for (const effect of seen.effects) look(effect, seen.event, seen.nowMs);
    if (seen.event.type === 'ticked') checkSpans(seen.nowMs);
  };
}

/** When a lease ends that nobody answers: twice its span after it was granted. */
function endOf({ grantedAtMs, deadlineMs }: Lease): number {
  return grantedAtMs + 2 * (deadlineMs - grantedAtMs);
}

function isCopy(a: Lease, b: Lease): boolean {
  return a.kind === b.kind && sameBlock(a.block, b.block);
}

function idsOf(leases: readonly Lease[]): string {
  const ids: LeaseId[] = leases.map(({ id }) => id);
  return ids.length === 0 ? 'none' : ids.join(', ');
}
