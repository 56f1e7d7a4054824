/**
 * Who does what: how large a block a volunteer gets and until when, and whose lease is computed twice. Which block it is is
 * the round's business.
 *
 * Backup copies follow LATE (Zaharia et al., 2008): who has nothing fresh to do copies the lease that is expected to be
 * answered last, if it expects to answer clearly sooner itself, and by the horizon: who is idle because it is slow would only
 * take the place of a faster one. A lease that is late is expected to be late for as long again as it is already, and one past its
 * deadline, or of a volunteer that is lost, to be never answered; what its volunteer does next comes later by as much.
 */

import type { Fleet, Member } from '../fleet.ts';
import type { Claimed } from '../gathering.ts';
import type { LeasePolicy } from '../job.ts';
import type { Lease, WorkKind } from '../lease.ts';
import type { Round } from '../round.ts';
import type { VolunteerId } from '../volunteer.ts';
import { unitsFor } from './block-size.ts';
import {
  answerIn,
  type Doubtful,
  horizonOf,
  isClearlySooner,
  sharesBy,
  unitsBy,
  type Worker,
} from './horizon.ts';
import type { Pace } from './pace.ts';

/** When an answer is expected, and when it is late. */
export interface LeaseTimes {
  readonly expectedAtMs: number;
  readonly deadlineMs: number;
}

export class Scheduler {
  readonly #policy: LeasePolicy;
  readonly #whole: boolean;
  #horizonAtMs = Number.POSITIVE_INFINITY;
  #surveyedAtMs = Number.NEGATIVE_INFINITY;
  /** By how many milliseconds each who is late is late. */
  readonly #lateness = new Map<VolunteerId, number>();
  /** Leases that may be copied, the one that is expected last first. */
  #stragglers: Straggler[] = [];
  /** Copies of leases that are not late which may still be given. */
  #speculations = 0;
  /** Somebody who has shown a pace can be counted on. */
  #hasProven = false;
  /** Where a share is one answer: what of it each of those who can be counted on has not been given yet. */
  #shares = new Map<VolunteerId, number>();
  /** Units of the round that were tried on strangers: apart, for only those to train show a pace. */
  #tried: { readonly round: Round | undefined } & Record<WorkKind, number> = { ...NOTHING_TRIED };

  /** `whole`: a volunteer's share of a round should be one answer. */
  constructor(policy: LeasePolicy, whole: boolean) {
    this.#policy = policy;
    this.#whole = whole;
  }

  /** There is something to copy, and it may be given. */
  get copies(): boolean {
    return this.#hasLate || (this.#stragglers.length > 0 && this.#speculations > 0);
  }

  /** Some lease that may be copied is not expected to be answered. */
  get #hasLate(): boolean {
    return this.#stragglers[0]?.remainingMs === Number.POSITIVE_INFINITY;
  }

  /** A survey takes time in proportion to the fleet, so a large one is looked at less often. */
  isStale(fleet: Fleet, nowMs: number): boolean {
    return nowMs - this.#surveyedAtMs >= fleet.size / SURVEYED_PER_MS;
  }

  /** Looks at all who are there and at all that is under way: when a round opens, when time passes, and when somebody is lost. */
  survey(round: Round, fleet: Fleet, nowMs: number): void {
    this.#surveyedAtMs = nowMs;
    this.#lateness.clear();
    const silent = new Set<VolunteerId>();
    const stragglers: Straggler[] = [];
    let copies = 0;
    const copiesTraining = round.gathering.copies;
    for (const lease of round.leases()) {
      if (lease.backup) copies++;
      const { volunteer, run } = lease;
      const lateMs = nowMs - lease.expectedAtMs;
      if (lateMs > (this.#lateness.get(volunteer) ?? 0)) this.#lateness.set(volunteer, lateMs);
      const isExpected = nowMs < lease.deadlineMs && fleet.isHere(volunteer);
      if (!isExpected) silent.add(volunteer);
      const remainingMs = isExpected ? Math.abs(lateMs) : Number.POSITIVE_INFINITY;
      const isCopied = copiesTraining || lease.kind === 'evaluate';
      if (isCopied && mayBeCopied(lease, round, fleet))
        stragglers.push({ lease, units: run.count, remainingMs });
    }
    this.#stragglers = stragglers.sort((a, b) => b.remainingMs - a.remainingMs);
    this.#speculations = Math.max(0, Math.ceil(fleet.size * SPECULATION_SHARE) - copies);
    if (this.#tried.round !== round) this.#tried = { ...NOTHING_TRIED, round };
    const units = round.unitsFree('train');
    // With nothing left to share out or to copy it is enough to know that one of them is there.
    const isIdle = units === 0 && stragglers.length === 0;
    const members = workersAmong(fleet, silent, nowMs, isIdle ? 1 : Number.POSITIVE_INFINITY);
    const workers = members.map((member) => this.#workerOf(member, member.pace!, nowMs));
    this.#hasProven = workers.length > 0;
    // Where a share is given at once nothing would be left for strangers.
    const strangers = this.#whole && this.#hasProven ? (fleet.serving?.strangersWaiting.size ?? 0) : 0;
    const kept = Math.min(this.#triable(round, 'train'), strangers);
    const shared = Math.max(Math.min(1, units), units - kept);
    this.#horizonAtMs = nowMs + horizonOf(workers, shared, this.#doubtful);
    if (!this.#whole) return;
    const shares = sharesBy(this.#horizonAtMs - nowMs, workers, shared);
    this.#shares = new Map(members.map(({ id }, i) => [id, shares[i]!]));
  }

  /** Those of which copies may be given: all that are late, and as many of the others as may be. */
  get #doubtful(): readonly Straggler[] {
    const late = this.#stragglers.filter(({ remainingMs }) => remainingMs === Number.POSITIVE_INFINITY);
    return this.#stragglers.slice(0, late.length + this.#speculations);
  }

  /** A lease that ended is copied no more. */
  forget(lease: Lease): void {
    const at = this.#stragglers.findIndex((straggler) => straggler.lease.id === lease.id);
    if (at >= 0) this.#stragglers.splice(at, 1);
  }

  /** Claims a block that nobody has; undefined when there is none that this member should begin. */
  claimFor(
    member: Member,
    round: Round,
    fleet: Fleet,
    nowMs: number,
  ): (Claimed & { readonly kind: WorkKind }) | undefined {
    for (const kind of ['evaluate', 'train'] as const) {
      if (!round.offers(kind)) continue;
      if (member.pace === undefined && !this.#mayTry(round, kind)) continue;
      const most = kind === 'evaluate' ? 1 : this.#unitsFor(member, fleet, nowMs);
      const claimed = most === undefined ? undefined : round.claim(kind, most);
      if (claimed === undefined) continue;
      if (member.pace === undefined) this.#tried[kind]++;
      if (kind === 'train') this.#shares.delete(member.id);
      return { kind, block: claimed.block, run: claimed.run };
    }
    return undefined;
  }

  /** Somebody who has shown no pace may be given something. */
  servesStrangers(round: Round): boolean {
    return (
      this.#hasLate || (!round.exhausted && (this.#mayTry(round, 'train') || this.#mayTry(round, 'evaluate')))
    );
  }

  /** Where others are proven, only a part of each round is tried on strangers: most of them are slow, and some never answer. */
  #mayTry(round: Round, kind: WorkKind): boolean {
    return !this.#hasProven || this.#triable(round, kind) > 0;
  }

  #triable({ shape }: Round, kind: WorkKind): number {
    const units = kind === 'train' ? shape.trainUnits : shape.evaluationUnits;
    return Math.max(0, Math.ceil(units * TRIED_SHARE) - this.#tried[kind]);
  }

  #unitsFor(member: Member, fleet: Fleet, nowMs: number): number | undefined {
    const { pace, provenUnits } = member;
    const alone = fleet.size === 1;
    const share = pace === undefined ? 0 : this.#shareOf(member, pace, nowMs);
    return unitsFor({ pace, share, provenUnits, alone, whole: this.#whole }, this.#policy);
  }

  #shareOf(member: Member, pace: Pace, nowMs: number): number {
    if (this.#whole) return this.#shares.get(member.id) ?? 0;
    return unitsBy(this.#horizonAtMs - nowMs, this.#workerOf(member, pace, nowMs));
  }

  /** A lease of somebody else that this member should compute too. */
  copyFor(member: Member, round: Round, nowMs: number): Lease | undefined {
    const lookedAt = Math.min(STRAGGLERS_LOOKED_AT, this.#stragglers.length);
    for (let at = 0; at < lookedAt; at++) {
      const { lease, units, remainingMs } = this.#stragglers[at]!;
      // What follows is expected sooner still.
      if (!this.#gains(member, { units: 1, remainingMs }, nowMs)) return undefined;
      if (!this.#gains(member, { units, remainingMs }, nowMs)) continue;
      if (round.copies(lease).some(({ volunteer }) => volunteer === member.id)) continue;
      this.#stragglers.splice(at, 1);
      if (remainingMs !== Number.POSITIVE_INFINITY) this.#speculations--;
      return lease;
    }
    return undefined;
  }

  /** Its own answer is worth having. Of strangers nothing is known, so they copy where nobody else can. */
  #gains(member: Member, block: Doubtful, nowMs: number): boolean {
    const isLate = block.remainingMs === Number.POSITIVE_INFINITY;
    if (member.pace === undefined) return isLate && !this.#hasProven;
    if (!isLate && this.#speculations === 0) return false;
    const answerMs = answerIn(this.#workerOf(member, member.pace, nowMs), block.units);
    return nowMs + answerMs <= this.#horizonAtMs && isClearlySooner(answerMs, block);
  }

  timesFor(member: Member, units: number, nowMs: number): LeaseTimes {
    const { pace } = member;
    const longestMs = units * this.#policy.deadlineFirstMs;
    if (pace === undefined) return { expectedAtMs: nowMs + longestMs, deadlineMs: nowMs + longestMs };
    const expectedMs = answerIn(this.#workerOf(member, pace, nowMs), units);
    const patienceMs = Math.max(this.#policy.deadlineMinMs, DEADLINE_FACTOR * expectedMs);
    return { expectedAtMs: nowMs + expectedMs, deadlineMs: nowMs + Math.min(longestMs, patienceMs) };
  }

  #workerOf({ id, busyUntilMs, answeringUntilMs }: Member, { speed, answerMs }: Pace, nowMs: number): Worker {
    const costMs = (this.#lateness.get(id) ?? 0) + answerMs;
    return {
      speed,
      readyMs: Math.max(0, busyUntilMs - nowMs) + costMs,
      earliestMs: Math.max(0, answeringUntilMs - nowMs) + costMs,
    };
  }
}

/** A lease may take this many times what its volunteer's pace predicts: tabs share their machines with other things. */
const DEADLINE_FACTOR = 3;

/** Volunteers for each millisecond between two surveys. */
const SURVEYED_PER_MS = 5;

/** Copies of leases that are not late are at most this part of the fleet. */
const SPECULATION_SHARE = 0.1;

/** Of the units of a round, where there are volunteers who have shown what they can. */
const TRIED_SHARE = 1 / 8;
const NOTHING_TRIED = { round: undefined, train: 0, evaluate: 0 };

/** Who asks looks at so many of those that are expected last: the very last may be too large for it, or its own. */
const STRAGGLERS_LOOKED_AT = 8;

/** Who has just been done with a lease asks for another within this time, if it goes on at all. */
const PULL_EXPECTED_MS = 1_000;

interface Straggler extends Doubtful {
  readonly lease: Lease;
}

/** No block is in the hands of more than two who are there; of two copies only the newest is told of as late. */
function mayBeCopied(lease: Lease, round: Round, fleet: Fleet): boolean {
  const copies = round.copies(lease);
  if (copies.length === 1) return true;
  if (copies.at(-1) !== lease) return false;
  return copies.filter(({ volunteer }) => fleet.isHere(volunteer)).length < 2;
}

/**
 * Those who can be counted on, `most` of them: they are there, may serve, have shown a pace, and wait, are not past a deadline, or
 * were done a moment ago.
 */
function workersAmong(fleet: Fleet, silent: ReadonlySet<VolunteerId>, nowMs: number, most: number): Member[] {
  const workers: Member[] = [];
  for (const member of fleet.members()) {
    if (workers.length === most) break;
    const { pace, presence, pulls, leases, leaseEndedAtMs } = member;
    if (pace === undefined || !fleet.mayServe(member) || presence === 'lost' || silent.has(member.id))
      continue;
    if (pulls > 0 || leases > 0 || nowMs - leaseEndedAtMs < PULL_EXPECTED_MS) workers.push(member);
  }
  return workers;
}
