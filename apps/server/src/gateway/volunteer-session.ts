/**
 * One volunteer, from joining to leaving. It outlives its line: when that breaks without a goodbye the session waits for a
 * while, its leases and what has arrived of an answer with it, and whoever then joins under its token is the same volunteer.
 */

import { randomBytes } from 'node:crypto';
import type { LeaseId, VolunteerId } from '@manyhands/core';
import type {
  AssignMessage,
  ChunkMessage,
  EvaluatedMessage,
  JoinMessage,
  LiveLease,
  ReceiptMessage,
  Refusal,
  ResidualMessage,
  SpeedMessage,
} from '@manyhands/protocol';
import { LIMITS } from '@manyhands/protocol';
import type { OutsideEvent, ToHost } from '../host/messages.ts';
import type { Place } from './broadcasts.ts';
import { type ContributionForm, type RefusedFrame, readContribution } from './contribution.ts';
import { LEASES_REMEMBERED, LeaseBook } from './lease-book.ts';
import type { PartialFrames } from './partial-frames.ts';
import type { Visitor } from './visitor.ts';

/** What every session of a house shares. */
export interface SessionHouse {
  readonly form: ContributionForm;
  readonly partialFrames: PartialFrames;
  readonly graceMs: number;
  /** Version of the newest parameters. */
  readonly newest: string;
  /** A place among those who hear of new parameters. */
  enter(visitor: Visitor): Place;
  /** A session without a line still counts at the address that it came from. */
  holdAddress(address: string): () => void;
  left(session: VolunteerSession): void;
  send(message: ToHost, transfer?: readonly ArrayBuffer[]): void;
  contributionCame(bytes: number): void;
  residualsWereLost(count: number): void;
}

type Line =
  | { readonly at: 'open'; readonly visitor: Visitor; readonly place: Place }
  | { readonly at: 'lost'; readonly giveUp: () => void }
  | { readonly at: 'over' };

export class VolunteerSession {
  readonly volunteer: VolunteerId;
  /** 128 random bits in hex. */
  readonly token = randomBytes(16).toString('hex');
  readonly #house: SessionHouse;
  readonly #joined: JoinMessage;
  readonly #leases: LeaseBook;
  /** Leases whose answers count, newest last: whoever resumes may not have heard of it. */
  #accepted: readonly number[] = [];
  #line: Line;
  #faults = 0;

  constructor(volunteer: VolunteerId, joined: JoinMessage, visitor: Visitor, house: SessionHouse) {
    this.volunteer = volunteer;
    this.#joined = joined;
    this.#house = house;
    this.#leases = new LeaseBook(house.form.stalenessMax);
    this.#line = this.#open(visitor);
    const { account, device } = joined;
    this.#tell({ type: 'volunteer-joined', volunteer, account, device });
  }

  get job(): string {
    return this.#joined.job;
  }

  get visitor(): Visitor | undefined {
    return this.#line.at === 'open' ? this.#line.visitor : undefined;
  }

  // — The line —

  /** Who knows the token must also be who it was: the same browser, job, model and class of device. */
  belongsTo({ account, job, layoutHash, device }: JoinMessage): boolean {
    const own = this.#joined;
    return (
      own.account === account &&
      own.job === job &&
      own.layoutHash === layoutHash &&
      JSON.stringify(own.device) === JSON.stringify(device)
    );
  }

  /** Another line takes the place of the one that was lost, or is about to be. */
  resume(visitor: Visitor): void {
    const line = this.#line;
    if (line.at === 'open') {
      line.place.leave();
      line.visitor.replaced();
    }
    this.#line = this.#open(visitor);
    if (line.at !== 'lost') return;
    line.giveUp();
    this.#tell({ type: 'volunteer-returned', volunteer: this.volunteer });
  }

  /** The line broke and nobody said goodbye. */
  lose(): void {
    if (this.#line.at !== 'open') return;
    const { visitor, place } = this.#line;
    place.leave();
    const release = this.#house.holdAddress(visitor.address);
    const patience = setTimeout(() => this.leave(), this.#house.graceMs);
    this.#line = {
      at: 'lost',
      giveUp() {
        clearTimeout(patience);
        release();
      },
    };
    this.#tell({ type: 'volunteer-lost', volunteer: this.volunteer });
  }

  /** Everything that this volunteer holds goes back at once. */
  leave(): void {
    if (this.#line.at === 'over') return;
    if (this.#line.at === 'open') this.#line.place.leave();
    else this.#line.giveUp();
    this.#line = { at: 'over' };
    this.#house.partialFrames.drop(this.volunteer);
    this.#house.left(this);
    this.#tell({ type: 'volunteer-left', volunteer: this.volunteer });
  }

  // — From the host —

  assign(message: AssignMessage): void {
    this.#leases.give(message, performance.now());
    if (this.#line.at !== 'open') return;
    const { place, visitor } = this.#line;
    place.tell(() => visitor.socket.emit('assign', message));
  }

  receipt(message: ReceiptMessage): void {
    this.#end(message.lease);
    this.count(message.refusal);
    if (message.accepted) this.#accepted = [...this.#accepted, message.lease].slice(-LEASES_REMEMBERED);
    this.visitor?.receipt(message);
  }

  /** Refusals that were its own fault, on whatever line. */
  get faults(): number {
    return this.#faults;
  }

  count(refusal: Refusal | undefined): void {
    if (isFault(refusal)) this.#faults++;
  }

  // — From the browser —

  pull(): void {
    this.#tell({ type: 'lease-pulled', volunteer: this.volunteer });
  }

  /** Its line is fast enough for long frames. */
  subscribe(): void {
    if (this.#line.at === 'open') this.#line.place.subscribe();
  }

  release(lease: number): void {
    this.#end(lease);
    this.#tell({ type: 'lease-released', volunteer: this.volunteer, lease: lease as LeaseId });
  }

  measured(speed: SpeedMessage): void {
    this.#house.send({ type: 'measured', account: this.#joined.account, speed });
  }

  lostResiduals({ lost }: ResidualMessage): void {
    this.#house.residualsWereLost(lost);
  }

  evaluated({ lease, samples, lossSum, metricSum }: EvaluatedMessage): void {
    this.#leases.answer(lease);
    this.#tell({
      ...{ type: 'evaluation-arrived', volunteer: this.volunteer, lease: lease as LeaseId, samples },
      lossSum: lossSum ?? Number.NaN,
      metricSum: metricSum ?? Number.NaN,
    });
  }

  /** A frame that came in one message. Takes the bytes over. */
  contribute(bytes: Uint8Array): RefusedFrame | undefined {
    if (bytes.byteLength > LIMITS.chunkBytes) return { refusal: 'frame-too-long', lease: 0 };
    return this.#contribute(bytes);
  }

  /** Copies the bytes. */
  chunk(message: ChunkMessage, bytes: Uint8Array): RefusedFrame | undefined {
    const { lease } = message;
    if (this.#leases.get(lease) === undefined) return { refusal: 'lease-ended', lease };
    if (!this.isAwaited(lease)) return this.#refuse('lease-ended', lease);
    const frame = this.#house.partialFrames.take(this.volunteer, message, bytes);
    if (frame === 'more') return undefined;
    return typeof frame === 'string' ? this.#refuse(frame, lease) : this.#contribute(frame);
  }

  /** Whether an answer to this lease may still come. */
  isAwaited(lease: number): boolean {
    return this.#leases.isLive(lease, this.#house.newest, performance.now());
  }

  /** What whoever resumes may go on with. */
  liveLeases(): readonly LiveLease[] {
    return this.#leases.live(this.#house.newest, performance.now()).map(([lease, { answered }]) => ({
      lease,
      received: answered ? 'all' : this.#house.partialFrames.received(this.volunteer, lease),
    }));
  }

  /** Answers that whoever resumes need not send again, nor hold to be lost. */
  get accepted(): readonly number[] {
    return this.#accepted;
  }

  #contribute(bytes: Uint8Array): RefusedFrame | undefined {
    const { form, contributionCame, send } = this.#house;
    const read = readContribution(bytes, this.volunteer, form, this.#leases, performance.now());
    if ('refusal' in read) return this.#refuse(read.refusal, read.lease);
    this.#leases.answer(read.lease);
    contributionCame(bytes.byteLength);
    send(read, [read.body.buffer]);
    return undefined;
  }

  /** The units of an answer that is no good go back at once. */
  #refuse(refusal: Refusal, lease: number): RefusedFrame {
    if (this.#leases.get(lease) !== undefined) this.release(lease);
    return { refusal, lease };
  }

  #end(lease: number): void {
    this.#leases.end(lease);
    if (this.#house.partialFrames.received(this.volunteer, lease) > 0)
      this.#house.partialFrames.drop(this.volunteer);
  }

  #open(visitor: Visitor): Line {
    return { at: 'open', visitor, place: this.#house.enter(visitor) };
  }

  #tell(event: OutsideEvent): void {
    this.#house.send({ type: 'event', event });
  }
}

const TOO_LATE: ReadonlySet<Refusal> = new Set(['lease-ended', 'already-in', 'too-stale']);

/** Being late is no fault; anything else, again and again, is. */
export function isFault(refusal: Refusal | undefined): boolean {
  return refusal !== undefined && !TOO_LATE.has(refusal);
}
