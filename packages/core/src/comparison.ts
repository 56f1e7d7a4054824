/**
 * A second answer to a block that is in changes nothing, but it says something about both who answered. Of the first, whose
 * vector has been added to others by then, an imprint was kept; it is taken only where a second answer may come, and sketched only
 * where another class may send it.
 *
 * The second answer is that of another live copy, or of a lease that expired before anybody answered, for its device goes on
 * computing. Its block was free again by then, and who answers it may have got a larger or a smaller one; only where it is the
 * same block there is something to compare with. Whose lease expired may even be sooner than who has the block now: its answer
 * does not count, and its imprint waits for the one that does.
 */

import type { Answer } from './answer.ts';
import { isLossy } from './codec/index.ts';
import type { Member } from './fleet.ts';
import { answersAgree, type DeviceImprint, type Imprint } from './imprint.ts';
import type { Job } from './job.ts';
import type { Lease, LeaseId } from './lease.ts';
import { hash32 } from './random.ts';
import type { ContributionRefusal } from './refusal.ts';
import type { Round } from './round.ts';
import { isRepeatable } from './strategy.ts';
import { type DeviceClass, sameDevice, type VolunteerId } from './volunteer.ts';
import { sameBlock } from './work-unit.ts';

/** What two answers to one block say of each other. Which of them is wrong, where they differ, nobody knows. */
export interface Verdict {
  /** Whose answer came second. */
  readonly volunteer: VolunteerId;
  /** Whose answer counts. */
  readonly first: VolunteerId;
  readonly agrees: boolean;
}

/** A lease whose block was answered by another copy, and what stands for that answer. */
interface Superseded extends DeviceImprint {
  readonly lease: Lease;
  /** Whose answer was merged. */
  readonly first: VolunteerId;
}

/** A lease that expired, and whose block is not in yet. */
interface Late {
  readonly lease: Lease;
  readonly device: DeviceClass;
  /** Of an answer that came nevertheless. */
  readonly imprint: Imprint | undefined;
}

type Sender = Pick<Member, 'id' | 'device'>;

/** So many leases that expired are remembered, until their round closes. */
const LATE_MAX = 256;

/** What was merged in place of others' answers: those of this round and the one before, for answers travel. */
export class Comparison {
  readonly #job: Pick<Job, 'seed' | 'codec' | 'strategy'>;
  #now = new Map<LeaseId, Superseded>();
  #before = new Map<LeaseId, Superseded>();
  /** Of this round; what expired first is forgotten first. */
  #late = new Map<LeaseId, Late>();

  constructor(job: Pick<Job, 'seed' | 'codec' | 'strategy'>) {
    this.#job = job;
  }

  /** Leases of which something is kept. */
  get size(): number {
    return this.#now.size + this.#before.size + this.#late.size;
  }

  /**
   * What is kept of an answer to this lease from this device; to be taken before it is added up. `copies` are the devices of those
   * who hold the same block. Undefined where no second answer may come, or where its values are not finite.
   */
  imprintOf(
    answer: Answer,
    lease: Lease,
    device: DeviceClass,
    copies: readonly DeviceClass[],
  ): Imprint | undefined {
    if (!this.#isComparable(lease)) return undefined;
    const rivals = [...copies, ...this.#lateOver(lease).map((late) => late.device)];
    if (rivals.length === 0) return undefined;
    const isForeign = rivals.some((rival) => !sameDevice(rival, device));
    return answer.imprint(isForeign ? this.#sketchSeed : undefined);
  }

  /** The answer to this lease is in, and ended those. What has come already of answers to the same block is compared with it. */
  settled(
    lease: Lease,
    { id: first, device }: Sender,
    imprint: Imprint,
    ended: readonly Lease[],
  ): readonly Verdict[] {
    for (const other of ended) this.#expect({ lease: other, first, device, imprint });
    return this.#lateOver(lease).flatMap((late) => {
      this.#late.delete(late.lease.id);
      const past: Superseded = { lease: late.lease, first, device, imprint };
      if (late.imprint !== undefined) return [verdictOn(past, { ...late, imprint: late.imprint })];
      this.#expect(past);
      return [];
    });
  }

  /** This lease expired, and its device may go on computing. */
  late(lease: Lease, device: DeviceClass): void {
    if (!this.#isComparable(lease)) return;
    this.#late.set(lease.id, { lease, device, imprint: undefined });
    const [oldest] = this.#late.keys();
    if (this.#late.size > LATE_MAX) this.#late.delete(oldest!);
  }

  /**
   * An answer to a lease that has ended: what it says beside the one that counts, or why it says nothing. Undefined where nothing is
   * kept of the lease. Each is heard once.
   */
  second(
    id: LeaseId,
    { id: volunteer, device }: Sender,
    answer: Answer,
    round: Round,
  ): Verdict | ContributionRefusal | undefined {
    const past = this.#take(id, volunteer);
    const late = this.#awaited(id, volunteer);
    const lease = past?.lease ?? late?.lease;
    if (lease === undefined) return undefined;
    const refusal = answer.refuse(lease, round);
    if (refusal !== undefined) return refusal;
    const isExact = past !== undefined && sameDevice(past.device, device);
    const imprint = answer.imprint(isExact ? undefined : this.#sketchSeed);
    if (imprint === undefined) return 'not-finite';
    if (past !== undefined) return verdictOn(past, { device, imprint });
    this.#late.set(id, { ...late!, imprint });
    return 'lease-ended';
  }

  /** Its blocks are others', though they have the same names. */
  roundBegunAgain(): void {
    this.#late = new Map();
  }

  roundClosed(): void {
    this.#before = this.#now;
    this.#now = new Map();
    this.#late.clear();
  }

  /** With a lossy codec a gradient holds what earlier ones left out: two to the same lease differ. */
  #isComparable({ kind }: Lease): boolean {
    const { codec, strategy } = this.#job;
    return kind === 'evaluate' || (!isLossy(codec) && isRepeatable(strategy));
  }

  /** The same for all answers of a job: the first and the second may come in different rounds. */
  get #sketchSeed(): number {
    return hash32(this.#job.seed, SKETCH_STREAM);
  }

  #expect(superseded: Superseded): void {
    this.#now.set(superseded.lease.id, superseded);
  }

  /** What to compare this volunteer's answer with, once. */
  #take(id: LeaseId, volunteer: VolunteerId): Superseded | undefined {
    const superseded = this.#now.get(id) ?? this.#before.get(id);
    if (superseded?.lease.volunteer !== volunteer) return undefined;
    this.#now.delete(id);
    this.#before.delete(id);
    return superseded;
  }

  /** The late lease of this volunteer whose answer has not come. */
  #awaited(id: LeaseId, volunteer: VolunteerId): Late | undefined {
    const late = this.#late.get(id);
    return late?.imprint === undefined && late?.lease.volunteer === volunteer ? late : undefined;
  }

  /** Late leases of others over the block of this one. */
  #lateOver({ volunteer, kind, block }: Lease): readonly Late[] {
    if (this.#late.size === 0) return [];
    return [...this.#late.values()].filter(
      ({ lease }) => lease.volunteer !== volunteer && lease.kind === kind && sameBlock(lease.block, block),
    );
  }
}

const SKETCH_STREAM = 0x5ce7;

function verdictOn(past: Superseded, second: DeviceImprint): Verdict {
  return { volunteer: past.lease.volunteer, first: past.first, agrees: answersAgree(past, second) };
}
