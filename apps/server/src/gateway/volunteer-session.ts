/**
 * One socket that works, or may come to. It bounds and checks every message and turns it into an event for the host;
 * whatever is wrong goes back as a refusal with its sentence, and ends nothing but itself.
 */

import type { ContributionShape, LeaseId, VolunteerId } from '@manyhands/core';
import {
  type AssignMessage,
  EvaluatedMessageSchema,
  type JoinAnswer,
  REFUSAL_SENTENCE,
  type ReceiptMessage,
  type Refusal,
  ReleaseMessageSchema,
} from '@manyhands/protocol';
import type { OutsideEvent, ToHost } from '../host/messages.ts';
import { admit, type House, joined, refused } from './admission.ts';
import { readContribution } from './contribution.ts';
import type { IoSocket } from './io.ts';
import type { Place } from './lanes.ts';

/** What a session asks of the gateway. */
export interface SessionContext {
  readonly house: House;
  readonly shape: ContributionShape;
  readonly refusalsMax: number;
  enter(session: VolunteerSession): { readonly volunteer: VolunteerId; readonly place: Place };
  left(volunteer: VolunteerId): void;
  send(message: ToHost, transfer?: readonly ArrayBuffer[]): void;
  refused(refusal: Refusal): void;
  frameCame(bytes: number): void;
}

type State =
  | { readonly at: 'visiting' }
  | {
      readonly at: 'joined';
      readonly volunteer: VolunteerId;
      readonly place: Place;
      /** Versions of the newest leases that were given. */
      readonly leases: Map<number, string>;
    };

export class VolunteerSession {
  readonly socket: IoSocket;
  readonly #context: SessionContext;
  #state: State = { at: 'visiting' };
  #refusals = 0;

  constructor(socket: IoSocket, context: SessionContext) {
    this.socket = socket;
    this.#context = context;
    socket.on('join', (message, answer) => this.#join(message, answer));
    socket.on('pull', () => this.#tell((volunteer) => ({ type: 'lease-pulled', volunteer })));
    socket.on('contribute', (bytes) => this.#contribute(bytes));
    socket.on('evaluated', (message) => this.#evaluated(message));
    socket.on('release', (message) => this.#release(message));
    socket.on('leave', () => this.leave());
    socket.on('disconnect', () => this.leave());
  }

  // — From the host —

  assign(message: AssignMessage): void {
    if (this.#state.at !== 'joined') return;
    const { leases, place } = this.#state;
    leases.set(message.lease, message.version);
    const [oldest] = leases.keys();
    if (leases.size > LEASES_REMEMBERED) leases.delete(oldest!);
    place.tell(() => this.socket.emit('assign', message));
  }

  receipt(message: ReceiptMessage): void {
    this.socket.emit('receipt', message);
    if (!message.accepted) this.#count(message.refusal!);
  }

  /** Everything that this volunteer holds goes back at once. */
  leave(): void {
    if (this.#state.at !== 'joined') return;
    const { volunteer, place } = this.#state;
    this.#state = { at: 'visiting' };
    place.leave();
    this.#context.left(volunteer);
    this.#context.send({ type: 'event', event: { type: 'volunteer-left', volunteer } });
  }

  dismiss(refusal: Refusal): void {
    this.leave();
    this.socket.emit('dismissed', { refusal, sentence: REFUSAL_SENTENCE[refusal] });
    this.socket.disconnect(true);
  }

  // — From the browser —

  #join(message: unknown, answer: unknown): void {
    if (!isAnswer(answer)) return this.#refuse('message-malformed');
    const admitted = admit(message, this.#context.house);
    if (typeof admitted === 'string') {
      this.#context.refused(admitted);
      return answer(refused(admitted));
    }
    this.leave();
    const { volunteer, place } = this.#context.enter(this);
    this.#state = { at: 'joined', volunteer, place, leases: new Map() };
    const { account, device, job } = admitted;
    this.#context.send({ type: 'event', event: { type: 'volunteer-joined', volunteer, account, device } });
    answer(joined(volunteer, this.#context.house.catalog, job));
  }

  #contribute(bytes: unknown): void {
    if (this.#state.at !== 'joined') return this.#refuse('not-joined');
    const { volunteer, leases } = this.#state;
    const contribution = readContribution(bytes, volunteer, this.#context.shape, leases);
    if ('refusal' in contribution) {
      if (leases.has(contribution.lease)) this.#giveBack(contribution.lease);
      return this.#refuse(contribution.refusal, contribution.lease);
    }
    this.#context.frameCame(contribution.body.byteLength);
    this.#context.send(contribution, [contribution.body.buffer]);
  }

  #evaluated(message: unknown): void {
    const parsed = EvaluatedMessageSchema.safeParse(message);
    if (!parsed.success) return this.#refuse('message-malformed');
    const { samples, lossSum, metricSum } = parsed.data;
    this.#tell((volunteer) => ({
      type: 'evaluation-arrived',
      volunteer,
      lease: parsed.data.lease as LeaseId,
      samples,
      lossSum: lossSum ?? Number.NaN,
      metricSum: metricSum ?? Number.NaN,
    }));
  }

  #release(message: unknown): void {
    const parsed = ReleaseMessageSchema.safeParse(message);
    if (!parsed.success) return this.#refuse('message-malformed');
    this.#giveBack(parsed.data.lease);
  }

  #giveBack(lease: number): void {
    this.#tell((volunteer) => ({ type: 'lease-released', volunteer, lease: lease as LeaseId }));
  }

  #tell(eventOf: (volunteer: VolunteerId) => OutsideEvent): void {
    if (this.#state.at !== 'joined') return this.#refuse('not-joined');
    this.#context.send({ type: 'event', event: eventOf(this.#state.volunteer) });
  }

  #refuse(refusal: Refusal, lease = 0): void {
    this.#context.refused(refusal);
    this.socket.emit('receipt', { lease, accepted: false, refusal, sentence: REFUSAL_SENTENCE[refusal] });
    this.#count(refusal);
  }

  /** Being late is no fault; anything else, again and again, is. */
  #count(refusal: Refusal): void {
    if (refusal === 'lease-ended' || refusal === 'already-in') return;
    this.#refusals++;
    if (this.#refusals >= this.#context.refusalsMax) this.dismiss('too-many-refusals');
  }
}

const LEASES_REMEMBERED = 16;

function isAnswer(value: unknown): value is (answer: JoinAnswer) => void {
  return typeof value === 'function';
}
