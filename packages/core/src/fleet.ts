/** The volunteers of one job: who they are, what they asked for, how fast they have shown themselves to be. */

import type { Lease } from './lease.ts';
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
  /** Units a millisecond, smoothed, the round trip included; undefined before the first answer. */
  speed: number | undefined;
  answeredAtMs: number;
  /** Units that count. */
  units: number;
  refused: number;
}

export class Fleet {
  readonly #members = new Map<VolunteerId, Member>();
  /** In the order in which they asked: who has waited longest is served first. */
  readonly #waiting = new Set<Member>();
  #speed = 0;
  #lost = 0;

  /** Members that are here. */
  get size(): number {
    return this.#members.size - this.#lost;
  }

  /** Units a millisecond of all members that are here and whose speed is known. */
  get speed(): number {
    return this.#speed;
  }

  member(id: VolunteerId): Member | undefined {
    return this.#members.get(id);
  }

  members(): Iterable<Member> {
    return this.#members.values();
  }

  waiting(): Iterable<Member> {
    return this.#waiting;
  }

  join(id: VolunteerId, account: AccountId, device: DeviceClass): void {
    this.#members.set(id, {
      id,
      account,
      device,
      presence: 'here',
      pulls: 0,
      leases: 0,
      speed: undefined,
      answeredAtMs: 0,
      units: 0,
      refused: 0,
    });
  }

  lose(member: Member): void {
    this.#speed -= member.speed ?? 0;
    this.#lost++;
    member.presence = 'lost';
    member.pulls = 0;
    this.#waiting.delete(member);
  }

  /** A lost member is back; what it asked for before is forgotten. */
  find(member: Member): void {
    this.#speed += member.speed ?? 0;
    this.#lost--;
    member.presence = 'here';
  }

  leave(member: Member): void {
    if (member.presence === 'here') this.lose(member);
    this.#lost--;
    this.#members.delete(member.id);
  }

  /** Notes that a member has room for one more lease, as long as it holds and asks for no more than `leasesMax`. */
  pull(member: Member, leasesMax: number): void {
    if (member.presence === 'lost' || member.pulls + member.leases >= leasesMax) return;
    member.pulls++;
    this.#waiting.add(member);
  }

  /** A member that still wants more stands at the end of the queue. */
  granted(member: Member): void {
    member.pulls--;
    member.leases++;
    this.#waiting.delete(member);
    if (member.pulls > 0) this.#waiting.add(member);
  }

  /** A lease of this member ended, however it did. */
  ended(id: VolunteerId): void {
    const member = this.#members.get(id);
    if (member !== undefined) member.leases--;
  }

  /**
   * Measures a member by an answer that counts. With two leases in hand the second was begun when the first was answered,
   * so time is counted from the later of grant and last answer.
   */
  answered(member: Member, lease: Lease, nowMs: number): void {
    const busyMs = Math.max(1, nowMs - Math.max(lease.grantedAtMs, member.answeredAtMs));
    const measured = lease.run.count / busyMs;
    const smoothed =
      member.speed === undefined ? measured : member.speed + SPEED_SMOOTHING * (measured - member.speed);
    this.#setSpeed(member, smoothed);
    member.answeredAtMs = nowMs;
    member.units += lease.run.count;
  }

  /**
   * A lease of a member expired, so the member is at least this much slower than was believed. Otherwise one whose machine
   * became slow would get leases of the old size for ever and never finish one.
   */
  expired(lease: Lease, nowMs: number): void {
    const member = this.#members.get(lease.volunteer);
    if (member?.speed === undefined || lease.kind !== 'train') return;
    const slower = Math.min(member.speed, lease.run.count / (nowMs - lease.grantedAtMs));
    this.#setSpeed(member, slower);
  }

  #setSpeed(member: Member, speed: number): void {
    if (member.presence === 'here') this.#speed += speed - (member.speed ?? 0);
    member.speed = speed;
  }
}

/** Weight of the newest measurement: five answers forget most of what was before. */
const SPEED_SMOOTHING = 0.3;
