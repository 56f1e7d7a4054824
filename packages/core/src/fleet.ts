/** The volunteers of one job: who they are, what they asked for, what they have shown of themselves. */

import type { Lease, LeaseId } from './lease.ts';
import { hopedPace, measurePace, type Pace, slowedPace } from './scheduler/pace.ts';
import type { AccountId, DeviceClass, VolunteerId } from './volunteer.ts';

export interface Member {
  readonly id: VolunteerId;
  readonly account: AccountId;
  readonly device: DeviceClass;
  /** Lost: its line broke. It gets nothing and is counted on for nothing, but what it still brings counts. */
  presence: 'here' | 'lost';
  /** Leases that it asked for and has not got. */
  pulls: number;
  /** Leases that it has. */
  leases: number;
  /** The lease that was granted when it had none: all the time until its answer is its own. */
  opening: LeaseId | undefined;
  /** Smoothed; undefined before the first answer. */
  pace: Pace | undefined;
  /** When it is expected to have computed all that it has. */
  busyUntilMs: number;
  /** When the last of its answers is expected. */
  answeringUntilMs: number;
  answeredAtMs: number;
  leaseEndedAtMs: number;
  /** It was given something in this round. */
  served: boolean;
  /** Units that count. */
  units: number;
  /** Of the largest block that it answered. */
  provenUnits: number;
  refused: number;
  /** Answers to a block that somebody else answered too, and that were the same. */
  agreed: number;
  /** As many that were not; which of the two was wrong is not known. */
  disagreed: number;
}

/** Leases that one volunteer may hold: one to compute, one to go on with while the answer travels. */
const LEASES_MAX = 2;

export class Fleet {
  readonly #members = new Map<VolunteerId, Member>();
  /** In the order in which they asked: who has waited longest is served first, strangers after those who have shown a pace. */
  readonly #waiting = new Set<Member>();
  readonly #strangersWaiting = new Set<Member>();
  #lost = 0;

  /** Members that are here. */
  get size(): number {
    return this.#members.size - this.#lost;
  }

  member(id: VolunteerId): Member | undefined {
    return this.#members.get(id);
  }

  isHere(id: VolunteerId): boolean {
    return this.#members.get(id)?.presence === 'here';
  }

  members(): Iterable<Member> {
    return this.#members.values();
  }

  waits(member: Member): boolean {
    return this.#waiting.has(member) || this.#strangersWaiting.has(member);
  }

  *waiting(): Iterable<Member> {
    yield* this.#waiting;
    yield* this.#strangersWaiting;
  }

  join(id: VolunteerId, account: AccountId, device: DeviceClass): void {
    this.#members.set(id, {
      id,
      account,
      device,
      presence: 'here',
      pulls: 0,
      leases: 0,
      opening: undefined,
      pace: undefined,
      busyUntilMs: 0,
      answeringUntilMs: 0,
      answeredAtMs: 0,
      leaseEndedAtMs: Number.NEGATIVE_INFINITY,
      served: false,
      units: 0,
      provenUnits: 1,
      refused: 0,
      agreed: 0,
      disagreed: 0,
    });
  }

  lose(member: Member): void {
    this.#lost++;
    member.presence = 'lost';
    member.pulls = 0;
    this.#unqueue(member);
  }

  /** A lost member is back; what it asked for before is forgotten. */
  find(member: Member): void {
    this.#lost--;
    member.presence = 'here';
  }

  leave(member: Member): void {
    if (member.presence === 'here') this.lose(member);
    this.#lost--;
    this.#members.delete(member.id);
  }

  /**
   * Notes that a member has room for one more lease. It may say so while the answer to one of its leases still travels, so
   * what it asks for beyond the limit is kept until a lease ends.
   */
  pull(member: Member): void {
    if (member.presence === 'lost' || member.pulls >= LEASES_MAX) return;
    member.pulls++;
    this.#queue(member);
  }

  #queue(member: Member): void {
    if (member.pulls === 0 || member.leases >= LEASES_MAX) return;
    if (member.pace === undefined) this.#strangersWaiting.add(member);
    else this.#waiting.add(member);
  }

  #unqueue(member: Member): void {
    this.#waiting.delete(member);
    this.#strangersWaiting.delete(member);
  }

  /** A member that still wants more stands at the end of the queue. */
  granted(member: Member, lease: Lease): void {
    if (member.leases === 0) member.opening = lease.id;
    member.pulls--;
    member.leases++;
    member.served = true;
    const { pace } = member;
    if (pace !== undefined) {
      member.busyUntilMs = Math.max(member.busyUntilMs, lease.grantedAtMs) + lease.run.count / pace.speed;
      member.answeringUntilMs = lease.expectedAtMs;
    }
    this.#unqueue(member);
    this.#queue(member);
  }

  /** A lease of this member ended, however it did. */
  ended(id: VolunteerId, nowMs: number): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    member.leases--;
    member.leaseEndedAtMs = nowMs;
    if (member.leases === 0) {
      member.busyUntilMs = 0;
      member.answeringUntilMs = 0;
    }
    this.#queue(member);
  }

  /**
   * Measures a member by an answer that counts. With two leases in hand the second was begun when the first was answered,
   * so time is counted from the later of grant and last answer.
   */
  answered(member: Member, lease: Lease, computeMs: number, nowMs: number): void {
    const units = lease.run.count;
    const busyMs = Math.max(1, nowMs - Math.max(lease.grantedAtMs, member.answeredAtMs));
    const alone = member.opening === lease.id;
    if (this.#strangersWaiting.delete(member)) this.#waiting.add(member);
    member.pace = measurePace(member.pace, { units, busyMs, computeMs, alone });
    member.answeredAtMs = nowMs;
    member.units += units;
    member.provenUnits = Math.max(member.provenUnits, units);
  }

  /**
   * A lease of a member expired, so the member is at least this much slower than was believed. Otherwise one whose machine
   * became slow would get leases of the old size for ever and never finish one.
   */
  expired(lease: Lease, nowMs: number): void {
    const member = this.#members.get(lease.volunteer);
    if (member?.pace === undefined || lease.kind !== 'train') return;
    member.pace = slowedPace(member.pace, lease.run.count, nowMs - lease.grantedAtMs);
  }

  /** Two answers to one block were compared: it says as much about the one as about the other. */
  compared(ids: readonly VolunteerId[], agrees: boolean): void {
    for (const id of ids) {
      const member = this.#members.get(id);
      if (member === undefined) continue;
      if (agrees) member.agreed++;
      else member.disagreed++;
    }
  }

  /** Who waited through all of the round is believed to be better than it was. */
  roundClosed(): void {
    for (const member of this.#members.values()) {
      if (member.pulls > 0 && !member.served && member.pace !== undefined)
        member.pace = hopedPace(member.pace);
      member.served = false;
    }
  }
}
