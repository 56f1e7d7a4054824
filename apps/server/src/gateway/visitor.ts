/**
 * One socket. It bounds and checks every message and hands what is well formed to its session; whatever is wrong goes back as
 * a refusal with its sentence, and ends nothing but itself. A line ends with a goodbye or without one, and its session with it
 * or not (`io.ts` says how the two are told apart).
 */

import {
  ChunkMessageSchema,
  EvaluatedMessageSchema,
  type JoinAnswer,
  type JoinMessage,
  REFUSAL_SENTENCE,
  type ReceiptMessage,
  type Refusal,
  ReleaseMessageSchema,
  ResidualMessageSchema,
  SpeedMessageSchema,
} from '@manyhands/protocol';
import { admit, type House, joined, refused } from './admission.ts';
import { Allowance } from './allowance.ts';
import { comeBack } from './come-back.ts';
import { asBytes, type RefusedFrame } from './contribution.ts';
import { type IoSocket, type LineEnd, whenItEnds } from './io.ts';
import { isFault, type VolunteerSession } from './volunteer-session.ts';

/** What a visitor asks of the gateway. */
export interface VisitorHouse extends House {
  readonly messagesPerSecondMax: number;
  readonly refusalsMax: number;
  enter(visitor: Visitor, message: JoinMessage): VolunteerSession;
  /** The session that this token names, if it still lives. */
  sessionOf(token: string): VolunteerSession | undefined;
  refused(refusal: Refusal): void;
}

export class Visitor {
  readonly socket: IoSocket;
  readonly address: string;
  readonly #house: VisitorHouse;
  readonly #allowance: Allowance;
  #session: VolunteerSession | undefined;
  #faults = 0;

  constructor(socket: IoSocket, address: string, house: VisitorHouse) {
    this.socket = socket;
    this.address = address;
    this.#house = house;
    this.#allowance = new Allowance(house.messagesPerSecondMax, performance.now());
    socket.use(([name], next) => {
      if (name === 'chunk' || this.#isAllowed()) next();
    });
    socket.on('join', (message, answer) => this.#join(message, answer));
    socket.on('pull', () => this.#joined()?.pull());
    socket.on('contribute', (bytes) => this.#contribute(bytes));
    socket.on('chunk', (message, bytes, acknowledge) => this.#chunk(message, bytes, acknowledge));
    socket.on('evaluated', (message) => this.#evaluated(message));
    socket.on('release', (message) => this.#release(message));
    socket.on('subscribe', () => this.#joined()?.subscribe());
    socket.on('measured', (message) => this.#measured(message));
    socket.on('residual', (message) => this.#residual(message));
    socket.on('leave', (heard: unknown) => {
      this.#leave();
      if (typeof heard === 'function') heard();
    });
    whenItEnds(socket, (how) => this.#ended(how));
  }

  receipt(message: ReceiptMessage): void {
    this.socket.emit('receipt', message);
    if (!isFault(message.refusal)) return;
    this.#faults++;
    // Of this line, whatever session it has, and of its session, whatever line that had.
    if (Math.max(this.#faults, this.#session?.faults ?? 0) >= this.#house.refusalsMax)
      this.dismiss('too-many-refusals');
  }

  dismiss(refusal: Refusal): void {
    this.#house.refused(refusal);
    this.#leave();
    this.socket.emit('dismissed', { refusal, sentence: REFUSAL_SENTENCE[refusal], ...comeBack(refusal) });
    this.socket.disconnect(true);
  }

  /** Its session goes on upon another line. */
  replaced(): void {
    this.#session = undefined;
    this.socket.disconnect(true);
  }

  #ended(how: LineEnd): void {
    if (how === 'goodbye') return this.#leave();
    if (how === 'too-long') {
      this.#house.refused('frame-too-long');
      this.#session?.count('frame-too-long');
    }
    this.#session?.lose();
  }

  #leave(): void {
    const session = this.#session;
    this.#session = undefined;
    session?.leave();
  }

  #join(message: unknown, answer: unknown): void {
    if (!isAnswer(answer)) return this.#refuse('message-malformed');
    const admitted = admit(message, this.#house);
    const session = typeof admitted === 'string' ? admitted : this.#sessionFor(admitted);
    if (typeof session === 'string') {
      this.#house.refused(session);
      return answer(refused(session));
    }
    this.#session = session;
    answer(joined(session, this.#house.catalog));
  }

  #sessionFor(message: JoinMessage): VolunteerSession | 'session-unknown' {
    if (message.resume === undefined) {
      this.#leave();
      return this.#house.enter(this, message);
    }
    const session = this.#house.sessionOf(message.resume);
    if (session === undefined || session === this.#session || !session.belongsTo(message))
      return 'session-unknown';
    this.#leave();
    session.resume(this);
    return session;
  }

  #contribute(bytes: unknown): void {
    const session = this.#joined();
    if (session === undefined) return;
    const frame = asBytes(bytes);
    this.#answer(frame === undefined ? MALFORMED : session.contribute(frame));
  }

  /** Chunks in their order are bounded by the leases that they answer; those that are refused count as messages. */
  #chunk(message: unknown, bytes: unknown, acknowledge: unknown): void {
    const refusal = this.#refusalOfChunk(message, asBytes(bytes));
    if (refusal !== undefined && !this.#isAllowed()) return;
    this.#answer(refusal);
    if (typeof acknowledge === 'function') acknowledge();
  }

  #refusalOfChunk(message: unknown, bytes: Uint8Array | undefined): RefusedFrame | undefined {
    const parsed = ChunkMessageSchema.safeParse(message);
    if (!parsed.success || bytes === undefined) return MALFORMED;
    if (this.#session === undefined) return { refusal: 'not-joined', lease: 0 };
    return this.#session.chunk(parsed.data, bytes);
  }

  #evaluated(message: unknown): void {
    const parsed = EvaluatedMessageSchema.safeParse(message);
    if (!parsed.success) return this.#refuse('message-malformed');
    this.#joined()?.evaluated(parsed.data);
  }

  #release(message: unknown): void {
    const parsed = ReleaseMessageSchema.safeParse(message);
    if (!parsed.success) return this.#refuse('message-malformed');
    this.#joined()?.release(parsed.data.lease);
  }

  #measured(message: unknown): void {
    const parsed = SpeedMessageSchema.safeParse(message);
    if (!parsed.success) return this.#refuse('message-malformed');
    this.#joined()?.measured(parsed.data);
  }

  #residual(message: unknown): void {
    const parsed = ResidualMessageSchema.safeParse(message);
    if (!parsed.success) return this.#refuse('message-malformed');
    this.#joined()?.lostResiduals(parsed.data);
  }

  #joined(): VolunteerSession | undefined {
    if (this.#session === undefined) this.#refuse('not-joined');
    return this.#session;
  }

  #answer(refusal: RefusedFrame | undefined): void {
    if (refusal !== undefined) this.#refuse(refusal.refusal, refusal.lease);
  }

  #refuse(refusal: Refusal, lease = 0): void {
    this.#house.refused(refusal);
    this.#session?.count(refusal);
    this.receipt({ lease, accepted: false, refusal, sentence: REFUSAL_SENTENCE[refusal] });
  }

  #isAllowed(): boolean {
    const allowed = this.#allowance.take(performance.now());
    if (!allowed) this.dismiss('too-many-messages');
    return allowed;
  }
}

const MALFORMED: RefusedFrame = { refusal: 'message-malformed', lease: 0 };

function isAnswer(value: unknown): value is (answer: JoinAnswer) => void {
  return typeof value === 'function';
}
