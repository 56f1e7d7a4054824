/**
 * The volunteers of one job: who they are, what they asked for, what they have shown of themselves. They are in crews, of which
 * one serves at a time: leases go to its members only. A job that does not ask to be exact has one crew, and everybody is in it.
 */

import type { Lease, LeaseId } from './lease.ts';
import { hopedPace, measurePace, type Pace, slowedPace } from './scheduler/pace.ts';
import { type AccountId, classKey, type DeviceClass, type VolunteerId } from './volunteer.ts';

export interface Member {
  readonly id: VolunteerId;
  readonly account: AccountId;
  readonly device: DeviceClass;
  readonly crew: Crew;
  /** Lost: its line broke. It gets nothing and is counted on for nothing, but what it still brings counts. */
  presence: 'here' | 'lost';
  /** Leases that it asked for and has not got. */
  pulls: number;
  /** Leases that it has. */
  leases: number;
  /** How many of them are to train. */
  training: number;
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

/** The volunteers of one class of device, where a job asks to be exact; otherwise all. */
export interface Crew {
  /** Of whoever came first; of all of them, where they are one class. */
  readonly device: DeviceClass;
  /** In the order in which they asked: who has waited longest is served first, strangers after those who have shown a pace. */
  readonly waiting: Set<Member>;
  readonly strangersWaiting: Set<Member>;
  /** All of them, and those of them that are lost. */
  members: number;
  lost: number;
  /** For how long it has served, by the head. Only what is between two crews says anything. */
  servedMs: number;
  /** How often another took over before a round of it was done. */
  roundsCut: number;
}

/** Leases that one volunteer may hold: one to compute, one to go on with while the answer travels. */
const LEASES_MAX = 2;

export class Fleet {
  readonly #members = new Map<VolunteerId, Member>();
  readonly #exact: boolean;
  /** In the order in which the first of each came. */
  readonly #crews = new Map<string, Crew>();
  #serving: Crew | undefined;

  constructor(exact: boolean) {
    this.#exact = exact;
  }

  /** Members that are here and may be given something. */
  get size(): number {
    return this.#serving === undefined ? 0 : this.#serving.members - this.#serving.lost;
  }

  /** Undefined where a job asks to be exact until a first crew is chosen. It may have lost all its members. */
  get serving(): Crew | undefined {
    return this.#serving;
  }

  /** All but the one that serves, in the order in which they came. */
  *otherCrews(): Iterable<Crew> {
    for (const crew of this.#crews.values()) if (crew !== this.#serving) yield crew;
  }

  /** From here on leases go to this crew only. The caller has ended those of the one before. */
  serve(crew: Crew): void {
    const before = this.#serving;
    this.#serving = crew;
    if (before !== undefined) this.#forgetIfEmpty(before);
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

  /** Leases may go to it. */
  mayServe({ crew }: Member): boolean {
    return crew === this.#serving;
  }

  waits(member: Member): boolean {
    const { crew } = member;
    return this.mayServe(member) && (crew.waiting.has(member) || crew.strangersWaiting.has(member));
  }

  /** Who may be given something and has asked for it, in the order in which they are served. */
  get queues(): Iterable<Iterable<Member>> {
    return this.#serving === undefined ? [] : [this.#serving.waiting, this.#serving.strangersWaiting];
  }

  join(id: VolunteerId, account: AccountId, device: DeviceClass): void {
    const crew = this.#crewOf(device);
    crew.members++;
    this.#members.set(id, {
      id,
      account,
      device,
      crew,
      presence: 'here',
      pulls: 0,
      leases: 0,
      training: 0,
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

  #crewOf(device: DeviceClass): Crew {
    const name = this.#nameOf(device);
    const known = this.#crews.get(name);
    if (known !== undefined) return known;
    const crew: Crew = {
      device,
      waiting: new Set(),
      strangersWaiting: new Set(),
      members: 0,
      lost: 0,
      // Who is new is owed nothing for the time before it came, and owes nothing.
      servedMs: this.#serving?.servedMs ?? 0,
      roundsCut: 0,
    };
    this.#crews.set(name, crew);
    if (!this.#exact) this.#serving = crew;
    return crew;
  }

  #nameOf(device: DeviceClass): string {
    return this.#exact ? classKey(device) : '';
  }

  /** The one that serves is kept: who comes back before another takes over goes on. */
  #forgetIfEmpty(crew: Crew): void {
    if (crew.members === 0 && crew !== this.#serving) this.#crews.delete(this.#nameOf(crew.device));
  }

  lose(member: Member): void {
    member.crew.lost++;
    member.presence = 'lost';
    member.pulls = 0;
    this.#unqueue(member);
  }

  /** A lost member is back; what it asked for before is forgotten. */
  find(member: Member): void {
    member.crew.lost--;
    member.presence = 'here';
  }

  leave(member: Member): void {
    if (member.presence === 'here') this.lose(member);
    member.crew.lost--;
    member.crew.members--;
    this.#members.delete(member.id);
    this.#forgetIfEmpty(member.crew);
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
    // Who has shown no pace may be slow, and would hold up two blocks instead of one.
    if (member.pace === undefined && member.training > 0) return;
    const { waiting, strangersWaiting } = member.crew;
    if (member.pace === undefined) strangersWaiting.add(member);
    else waiting.add(member);
  }

  #unqueue(member: Member): void {
    member.crew.waiting.delete(member);
    member.crew.strangersWaiting.delete(member);
  }

  /** A member that still wants more stands at the end of the queue. */
  granted(member: Member, lease: Lease): void {
    if (member.leases === 0) member.opening = lease.id;
    member.pulls--;
    member.leases++;
    if (lease.kind === 'train') member.training++;
    member.served = true;
    const { pace } = member;
    if (pace !== undefined) {
      member.busyUntilMs = Math.max(member.busyUntilMs, lease.grantedAtMs) + lease.run.count / pace.speed;
      member.answeringUntilMs = lease.expectedAtMs;
    }
    this.#unqueue(member);
    this.#queue(member);
  }

  /** A lease ended, however it did. */
  ended({ volunteer, kind }: Lease, nowMs: number): void {
    const member = this.#members.get(volunteer);
    if (member === undefined) return;
    member.leases--;
    if (kind === 'train') member.training--;
    member.leaseEndedAtMs = nowMs;
    if (member.leases === 0) {
      member.busyUntilMs = 0;
      member.answeringUntilMs = 0;
    }
    this.#queue(member);
  }

  /**
   * Measures a member by an answer that counts. With two leases in hand the second was begun when the first was answered,
   * so time is counted from the later of grant and last answer. `units` are those of its block, less what was cut short of them.
   */
  answered(member: Member, lease: Lease, units: number, computeMs: number, nowMs: number): void {
    const busyMs = Math.max(1, nowMs - Math.max(lease.grantedAtMs, member.answeredAtMs));
    const alone = member.opening === lease.id;
    if (member.crew.strangersWaiting.delete(member)) member.crew.waiting.add(member);
    member.pace = measurePace(member.pace, { units, busyMs, computeMs, alone });
    member.answeredAtMs = nowMs;
    member.units += lease.run.count;
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

  /** Who waited through all of the round is believed to be better than it was, and at best as fast as who worked in it. */
  roundClosed(): void {
    let fastest = 0;
    for (const { served, pace } of this.#members.values())
      if (served && pace !== undefined) fastest = Math.max(fastest, pace.speed);
    for (const member of this.#members.values()) {
      if (this.mayServe(member) && member.pulls > 0 && !member.served && member.pace !== undefined)
        member.pace = hopedPace(member.pace, fastest);
      member.served = false;
    }
  }
}

/** Somebody of it has asked for a lease and has not got it. */
export function asks({ waiting, strangersWaiting }: Crew): boolean {
  return waiting.size > 0 || strangersWaiting.size > 0;
}
