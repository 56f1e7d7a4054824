import {
  type ContributionRefusal,
  type DeviceClass,
  type Effect,
  type Event,
  type HistoryEntry,
  type Job,
  type Lease,
  type LeaseId,
  sameBlock,
  sameDevice,
  type VolunteerId,
} from '@manyhands/core';
import { LIMITS } from '@manyhands/protocol';
import { type Checker, demand } from './checker.ts';

/**
 * [WL1] A lease ends exactly once: fulfilled, superseded, expired, released, or with the incarnation that granted it.
 * [WL2] Nobody holds more than two. [WL3] When a round closes, no lease over it is live. [WL4] Nobody is given a copy of a
 * block that it already has. Where nobody waits leases go on in the next round, and nothing is copied: WL3 and WL7 are not of that strategy. [WL5] No lease outlives twice its span. [WL6] An answer to a live lease is never refused as if there
 * were none, and no lease ends because a line was lost: who comes back still holds what it held. [WL7] Nobody waits for one
 * whose line is lost: while somebody who has no lease has asked for one, each lease of a lost volunteer has a copy, in an exact
 * job while that one is of the class that has the turn; or somebody who has answered before is at work and may be there sooner. [WL8] Who is
 * lost is given nothing.
 */
export function checkLeases({ exact, strategy, stop }: Pick<Job, 'exact' | 'strategy' | 'stop'>): Checker {
  const isStream = strategy.kind === 'async';
  /** Live leases of each volunteer. */
  const live = new Map<VolunteerId, Lease[]>();
  const lost = new Set<VolunteerId>();
  /** Who asked, and was given nothing since. */
  const waiting = new Set<VolunteerId>();
  const devices = new Map<VolunteerId, DeviceClass>();
  /** When the last lease ended of each who has answered one that says how fast it is. */
  const proven = new Map<VolunteerId, number>();
  /** Another class of device took over in this turn, so that all leases end. */
  let classChanged = false;
  /** The last version of a stream was made in this turn: what was under way ends. */
  let lastMade = false;
  let running = true;
  let draining = false;

  function leasesOf(volunteer: VolunteerId): Lease[] {
    return live.get(volunteer) ?? [];
  }

  function grant(lease: Lease): void {
    const leases = leasesOf(lease.volunteer);
    demand(
      !lost.has(lease.volunteer),
      'WL8',
      () => `volunteer ${lease.volunteer} is lost and was given lease ${lease.id}`,
    );
    live.set(lease.volunteer, leases);
    waiting.delete(lease.volunteer);
    demand(
      !leases.some((other) => isCopy(other, lease)),
      'WL4',
      () => `volunteer ${lease.volunteer} was given a copy, ${lease.id}, of a block that it has`,
    );
    leases.push(lease);
    demand(
      leases.length <= LIMITS.leasesPerVolunteerMax,
      'WL2',
      () => `volunteer ${lease.volunteer} was given lease ${lease.id} beside ${idsOf(leases)}`,
    );
  }

  /** Ends one lease of this volunteer for which `is` holds. */
  function end(volunteer: VolunteerId, how: string, nowMs: number, is: (lease: Lease) => boolean): void {
    const leases = leasesOf(volunteer);
    const at = leases.findIndex(is);
    demand(at >= 0, 'WL1', () => `a lease of ${volunteer} was ${how}; live are ${idsOf(leases)}`);
    const [ended] = leases.splice(at, 1);
    if (leases.length === 0) live.delete(volunteer);
    const shows = how === 'fulfilled' && ended!.kind === 'train';
    if (shows || proven.has(volunteer)) proven.set(volunteer, nowMs);
  }

  function look(effect: Effect, event: Event, nowMs: number): void {
    if (effect.type === 'assign') grant(effect.lease);
    if (effect.type === 'accept') end(effect.volunteer, 'fulfilled', nowMs, ({ id }) => id === effect.lease);
    if (effect.type === 'status') running = effect.status === 'running';
    if (effect.type === 'refuse' && WANT_OF_A_LEASE.has(effect.reason)) {
      demand(
        !leasesOf(effect.volunteer).some(({ id }) => id === effect.lease),
        'WL6',
        () => `lease ${effect.lease} is live, and its answer was refused: ${effect.reason}`,
      );
    }
    if (effect.type === 'publish') lastMade = isStream && effect.version.step === stop.steps;
    if (effect.type === 'publish' && !isStream) {
      for (const leases of live.values()) {
        demand(
          leases.every(({ version }) => version.step >= effect.version.step),
          'WL3',
          () => `of a round that is over ${idsOf(leases)} are live`,
        );
      }
    }
    if (effect.type !== 'record') return;
    if (effect.entry.kind === 'class-changed') classChanged = true;
    if (effect.entry.kind === 'lease-ended') endAsRecorded(effect.entry, event, nowMs);
    if (effect.entry.kind === 'left') leave(effect.entry.volunteer, effect.entry.unitsReturned);
  }

  /** The history names no lease, but says enough to find the one that is meant. */
  function endAsRecorded(entry: HistoryEntry & { kind: 'lease-ended' }, event: Event, nowMs: number): void {
    demand(
      classChanged || (event.type !== 'volunteer-lost' && event.type !== 'volunteer-returned'),
      'WL6',
      () => `a lease of ${entry.volunteer} was ${entry.end} because a line was lost or came back`,
    );
    const named = 'lease' in event ? event.lease : undefined;
    const sender = 'volunteer' in event ? event.volunteer : undefined;
    const answered = sender === undefined ? undefined : live.get(sender)?.find(({ id }) => id === named);
    end(entry.volunteer, entry.end, nowMs, (lease) => {
      if (lease.run.count !== entry.units) return false;
      if (entry.end === 'expired')
        return nowMs >= lease.grantedAtMs + 2 * (lease.deadlineMs - lease.grantedAtMs);
      // Nobody ends the lease of another; only somebody who stops the job ends all, the end of a class's turn, and a stream's last version.
      if (entry.end === 'released')
        return classChanged || lastMade || named === undefined || lease === answered;
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

  function listen(event: Event): void {
    switch (event.type) {
      case 'volunteer-joined':
        devices.set(event.volunteer, event.device);
        return;
      case 'lease-pulled':
        // Who is lost, or has all that one may have, has asked for nothing.
        if (!lost.has(event.volunteer) && leasesOf(event.volunteer).length < LIMITS.leasesPerVolunteerMax) {
          waiting.add(event.volunteer);
        }
        return;
      case 'volunteer-lost':
        lost.add(event.volunteer);
        waiting.delete(event.volunteer);
        return;
      case 'volunteer-returned':
        lost.delete(event.volunteer);
        return;
      case 'volunteer-left':
        lost.delete(event.volunteer);
        waiting.delete(event.volunteer);
        devices.delete(event.volunteer);
        proven.delete(event.volunteer);
        return;
      case 'drain-asked':
        draining = true;
        return;
      default:
        return;
    }
  }

  /** Somebody who waits and has no lease, and so can have no copy of anything, but might have of what `holder` has. */
  function firstIdle(holder: VolunteerId): VolunteerId | undefined {
    for (const volunteer of waiting) {
      if (leasesOf(volunteer).length > 0) continue;
      if (!exact || sameDevice(devices.get(volunteer)!, devices.get(holder)!)) return volunteer;
    }
    return undefined;
  }

  function firstLostHolder(): VolunteerId | undefined {
    for (const volunteer of lost) if (leasesOf(volunteer).length > 0) return volunteer;
    return undefined;
  }

  /** Somebody who has answered before is busy with what is still expected, or was done a moment ago. */
  function isAtWork(nowMs: number): boolean {
    for (const [volunteer, endedAtMs] of proven) {
      if (lost.has(volunteer)) continue;
      const leases = leasesOf(volunteer);
      if (leases.some(({ deadlineMs }) => nowMs >= deadlineMs)) continue;
      if (leases.length > 0 || nowMs - endedAtMs < A_MOMENT_MS) return true;
    }
    return false;
  }

  function checkLost(nowMs: number): void {
    if (isStream || !running || draining || lost.size === 0) return;
    // In an exact job all who have leases are of one class.
    const holder = firstLostHolder();
    const idle = holder === undefined ? undefined : firstIdle(holder);
    if (idle === undefined || isAtWork(nowMs)) return;
    for (const volunteer of lost) {
      for (const lease of leasesOf(volunteer)) {
        demand(
          hasCopy(lease),
          'WL7',
          () => `volunteer ${idle} waits, and lease ${lease.id} of a lost one has no copy`,
        );
      }
    }
  }

  function hasCopy(lease: Lease): boolean {
    for (const leases of live.values()) {
      if (leases.some((other) => other !== lease && isCopy(other, lease))) return true;
    }
    return false;
  }

  return (seen) => {
    if (seen.type === 'started') {
      for (const kept of [live, lost, waiting, devices, proven]) kept.clear();
      running = seen.from.progress.status === 'running';
      draining = false;
    }
    if (seen.type !== 'told') return;
    classChanged = false;
    lastMade = false;
    listen(seen.event);
    for (const effect of seen.effects) look(effect, seen.event, seen.nowMs);
    if (seen.event.type !== 'ticked') return;
    checkSpans(seen.nowMs);
    checkLost(seen.nowMs);
  };
}

/** Who was done with a lease asks for another within this time, if it goes on at all. */
const A_MOMENT_MS = 1_000;

/** Refusals that say that there is no lease. */
const WANT_OF_A_LEASE: ReadonlySet<ContributionRefusal> = new Set([
  'lease-ended',
  'lease-unknown',
  'already-in',
]);

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
