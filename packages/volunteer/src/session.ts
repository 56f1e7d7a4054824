/**
 * One visit of a volunteer, as a state machine without clock, socket or browser: it is told what happened and answers
 * what must now be done. Two things live side by side and neither waits for the other's moods: the *life* (how we stand
 * with the server) and the *equipment* (what we compute with). A line that breaks leaves the device ready; a device that
 * is lost leaves the line open.
 *
 *     asking → connecting → preparing → joining → joined → refused | over | stopped | failed
 *                 ↑ backing-off ←────────┴─────────┘
 *
 * `step` has two halves. An event only changes what is known (`react`); what follows from it is the same whatever
 * happened (`goOn`, and the rules of `joined.ts`), so no event needs to know what the others would have done.
 */

import type { EngineName } from '@manyhands/compute';
import { type DeviceClass, isNewer, sameDevice, sameVersion, unreachable } from '@manyhands/core';
import { REFUSAL_SENTENCE, RETRYABLE, type Refusal } from '@manyhands/protocol';
import { backoffMs } from './backoff.ts';
import type { Event, PersonEvent, WorkshopEvent } from './event.ts';
import type { Failure } from './failure.ts';
import { type Conditions, PLAIN_CONDITIONS, restAfterMs } from './governor.ts';
import type { JoinReply } from './incoming.ts';
import {
  answered,
  answeredLate,
  goOnJoined,
  type HeldLease,
  type Joined,
  joinedAs,
  reactJoined,
  resumed,
  verdictOf,
} from './joined.ts';
import { inTurn, still, type Turn, turn } from './turn.ts';

export type { HeldLease, Joined } from './joined.ts';

export interface Session {
  readonly life: Life;
  readonly equipment: Equipment;
  readonly conditions: Conditions;
  /** End of the rest that the last piece of work brought about. */
  readonly restUntilMs: number;
  /**
   * The life inside the job that a broken line interrupted. The device goes on with it, and what of it is still worth anything
   * is for the server to say.
   */
  readonly interrupted: Joined | undefined;
  /** The engine that is to be tried in the next gap between leases. */
  readonly wish: EngineName | undefined;
  /** Number of the newest preparation: what answers an older one comes too late. */
  readonly ticket: number;
  /** Devices lost since the last piece of work that one of them finished. */
  readonly losses: number;
  /** Versions that may come while an answer is computed, as the job's strategy has it. */
  readonly stalenessMax: number;
}

/** `attempt` counts the lines that came to nothing; the first piece of work that counts sets it back to 0. */
export type Life =
  /** No yes yet. */
  | { readonly at: 'asking' }
  | { readonly at: 'connecting'; readonly attempt: number }
  | {
      readonly at: 'backing-off';
      readonly attempt: number;
      readonly retryAtMs: number;
      readonly why: string;
    }
  /** The line is open, the equipment not ready. */
  | { readonly at: 'preparing'; readonly attempt: number }
  | { readonly at: 'joining'; readonly attempt: number; readonly device: DeviceClass }
  | Joined
  | Ending;

/** Nothing follows: another visit is another session. */
export type Ending =
  | { readonly at: 'refused'; readonly refusal: Refusal; readonly sentence: string }
  | { readonly at: 'over'; readonly status: 'stopped' | 'finished' }
  | { readonly at: 'stopped' }
  | { readonly at: 'failed'; readonly sentence: string };

export type Equipment =
  | { readonly at: 'none' }
  | {
      readonly at: 'making';
      readonly what: 'program' | 'device' | 'model' | 'kernels';
      readonly done: number;
      readonly total: number;
    }
  | { readonly at: 'idle'; readonly device: DeviceClass }
  /** Computing this lease, whether or not anybody still wants the answer. */
  | { readonly at: 'busy'; readonly device: DeviceClass; readonly lease: HeldLease }
  /** Another engine is tried beside it, in a gap between leases. */
  | { readonly at: 'auditioning'; readonly device: DeviceClass };

export function openSession(conditions: Conditions = PLAIN_CONDITIONS): Session {
  return {
    life: { at: 'asking' },
    equipment: { at: 'none' },
    conditions,
    restUntilMs: 0,
    interrupted: undefined,
    wish: undefined,
    ticket: 0,
    losses: 0,
    stalenessMax: 0,
  };
}

/** `random` in [0, 1) is drawn anew for every call. */
export function step(session: Session, event: Event, nowMs: number, random: number): Turn {
  if (hasEnded(session.life)) return still(session);
  if (session.life.at === 'asking' && !isFromPerson(event)) return still(session);
  return inTurn(
    session,
    (before) => react(before, event, nowMs, random),
    (known) => goOn(known, nowMs),
  );
}

/** Before the yes nothing else is listened to. */
function isFromPerson(event: Event): event is PersonEvent {
  return event.type === 'consented' || event.type === 'stop-asked' || event.type === 'conditions-changed';
}

export function hasEnded(life: Life): life is Ending {
  return life.at === 'refused' || life.at === 'over' || life.at === 'stopped' || life.at === 'failed';
}

/** Whether an answer to the lease that is computed may still count, and its device may still be used. */
export function isWanted(session: Session, lease: HeldLease, nowMs: number): boolean {
  const { life, interrupted } = session;
  if (hasEnded(life)) return false;
  if (life.at !== 'joined') return interrupted?.leases.includes(lease) ?? false;
  return life.leases.includes(lease) && verdictOf(session, life, nowMs).may;
}

/** Leases whose answers must be kept: the server may still ask for them. */
export function unansweredOf({ life, interrupted }: Session): readonly HeldLease[] {
  return life.at === 'joined' ? life.unanswered : (interrupted?.unanswered ?? []);
}

function react(session: Session, event: Event, nowMs: number, random: number): Turn {
  const { life } = session;
  switch (event.type) {
    case 'ticked':
      return still(session);
    case 'consented':
      if (life.at !== 'asking') return still(session);
      return turn({ ...session, life: { at: 'connecting', attempt: 0 } }, { type: 'connect' });
    case 'stop-asked':
      return end(session, { at: 'stopped' });
    case 'conditions-changed':
      return still({ ...session, conditions: event.conditions });
    case 'connected':
      return life.at === 'connecting' ? connected(session, life.attempt) : still(session);
    case 'disconnected': {
      const interrupted = life.at === 'joined' ? life : session.interrupted;
      return still({ ...backOff(session, event.why, nowMs, random), interrupted });
    }
    case 'malformed':
      return refuse(session, 'message-malformed', event.sentence);
    case 'dismissed': {
      const { refusal, sentence, retryAfterMs } = event.message;
      if (RETRYABLE.has(refusal)) return stepBack(session, sentence, nowMs, random, retryAfterMs);
      return refuse(session, refusal, sentence);
    }
    case 'join-answered':
      return joinAnswered(session, event.reply, nowMs, random);
    case 'status-changed':
      if (life.at !== 'joined') return still(session);
      if (event.status === 'running' || event.status === 'paused')
        return still({ ...session, life: { ...life, status: event.status } });
      return end(session, { at: 'over', status: event.status });
    case 'serving-changed':
      return still(life.at === 'joined' ? { ...session, life: { ...life, serving: event.device } } : session);
    case 'params-failed':
      if (life.at !== 'joined' || life.fetching === undefined) return still(session);
      if (!sameVersion(life.fetching, event.version)) return still(session);
      // Where versions follow each other quickly they are gone as quickly: the newest is not.
      if (event.failure.failure === 'gone' && isNewer(life.newest, event.version))
        return still({ ...session, life: { ...life, fetching: undefined } });
      return without(session, event.failure, nowMs, random);
    case 'assigned':
    case 'receipt-arrived':
    case 'params-arrived':
    case 'params-drifted':
      return life.at === 'joined' ? reactJoined(session, life, event, nowMs) : still(session);
    case 'preparation-moved':
    case 'equipped':
    case 'not-equipped':
    case 'device-lost':
    case 'computed':
    case 'not-computed':
    case 'engine-wished':
    case 'auditioned':
      return reactEquipment(session, event, nowMs, random);
    default:
      return unreachable(event);
  }
}

/** What the device has to say, whatever the life is like. */
function reactEquipment(
  session: Session,
  event: Exclude<WorkshopEvent, { type: 'params-arrived' | 'params-failed' | 'params-drifted' }>,
  nowMs: number,
  random: number,
): Turn {
  const { equipment, life } = session;
  switch (event.type) {
    case 'preparation-moved': {
      if (equipment.at !== 'making' || event.ticket !== session.ticket) return still(session);
      const { what, done, total } = event;
      return still({ ...session, equipment: { at: 'making', what, done, total } });
    }
    case 'equipped':
      if (equipment.at !== 'making' || event.ticket !== session.ticket) return still(session);
      return equipped({ ...session, stalenessMax: event.stalenessMax ?? 0 }, event.device);
    case 'not-equipped':
      if (equipment.at !== 'making' || event.ticket !== session.ticket) return still(session);
      return without({ ...session, equipment: { at: 'none' } }, event.failure, nowMs, random);
    case 'device-lost': {
      if (equipment.at === 'none' || equipment.at === 'making') return still(session);
      const losses = session.losses + 1;
      const lost: Session = { ...session, losses, wish: undefined, equipment: { at: 'none' } };
      return losses > LOSSES_MAX ? end(lost, { at: 'failed', sentence: event.sentence }) : still(lost);
    }
    case 'computed': {
      if (equipment.at !== 'busy' || equipment.lease.id !== event.lease) return still(session);
      const rested: Session = {
        ...session,
        losses: 0,
        equipment: { at: 'idle', device: equipment.device },
        restUntilMs: nowMs + restAfterMs(event.deviceMs, session.conditions.intensity),
      };
      return finished(rested, equipment.lease, nowMs);
    }
    case 'not-computed': {
      if (equipment.at !== 'busy' || equipment.lease.id !== event.lease) return still(session);
      const idle: Session = { ...session, equipment: { at: 'idle', device: equipment.device } };
      // Without a line nothing can be fetched: the lease goes back when there is one.
      if (life.at !== 'joined' && isPassing(event.failure)) return still(forgets(idle, equipment.lease));
      return without(idle, event.failure, nowMs, random);
    }
    case 'engine-wished':
      if (equipment.at !== 'idle' && equipment.at !== 'busy') return still(session);
      return still({ ...session, wish: event.engine });
    case 'auditioned': {
      if (equipment.at !== 'auditioning') return still(session);
      const { device, spentMs } = event;
      const restUntilMs = nowMs + restAfterMs(spentMs, session.conditions.intensity);
      const rested: Session = { ...session, restUntilMs, equipment: { at: 'idle', device } };
      // Upon a new line the program is looked at again before anything else.
      return life.at === 'preparing' ? still(rested) : equipped(rested, device);
    }
    default:
      return unreachable(event);
  }
}

/** What follows from what is known. Runs after every event; where nothing follows it does nothing. */
function goOn(session: Session, nowMs: number): Turn {
  const { life, equipment } = session;
  if (life.at === 'backing-off' && nowMs >= life.retryAtMs)
    return turn({ ...session, life: { at: 'connecting', attempt: life.attempt } }, { type: 'connect' });
  // After every new line the program is looked at again: the server may have been started with another one.
  if (life.at === 'preparing' && (equipment.at === 'none' || equipment.at === 'idle'))
    return prepare(session);
  if (life.at !== 'joined') return still(session);
  return equipment.at === 'none'
    ? inTurn(session, prepare, (preparing) => goOnJoined(preparing, nowMs))
    : goOnJoined(session, nowMs);
}

function prepare(session: Session): Turn {
  const ticket = session.ticket + 1;
  const equipment: Equipment = { at: 'making', what: 'program', done: 0, total: 1 };
  return turn({ ...session, ticket, equipment }, { type: 'prepare', ticket });
}

/**
 * Who was interrupted and has its device still asks at once to go on. Otherwise a preparation that an older line began is begun
 * again, and a computation that it began is waited for.
 */
function connected(session: Session, attempt: number): Turn {
  const { equipment } = session;
  if (session.interrupted !== undefined && (equipment.at === 'idle' || equipment.at === 'busy'))
    return join(session, attempt, equipment.device);
  const life: Life = { at: 'preparing', attempt };
  return still({
    ...session,
    life,
    equipment: equipment.at === 'making' ? { at: 'none' } : equipment,
  });
}

/** With another device than before there is nothing to resume: what the server promises of bytes holds within one class. */
function join(session: Session, attempt: number, device: DeviceClass): Turn {
  const before = session.interrupted;
  const interrupted = before !== undefined && sameDevice(before.device, device) ? before : undefined;
  return turn(
    { ...session, interrupted, life: { at: 'joining', attempt, device } },
    { type: 'join', device, resume: interrupted?.token },
  );
}

/** The answer is sent, or kept for the next line, if anybody may still wait for it. */
function finished(session: Session, lease: HeldLease, nowMs: number): Turn {
  const { life } = session;
  if (life.at !== 'joined') {
    const interrupted =
      session.interrupted && (answered(session.interrupted, lease, nowMs) ?? session.interrupted);
    return still({ ...session, interrupted });
  }
  const after = answered(life, lease, nowMs);
  if (after !== undefined) return turn({ ...session, life: after }, { type: 'send', lease, from: 0 });
  const late = answeredLate(life, lease);
  return late === undefined ? still(session) : turn({ ...session, life: late }, { type: 'send-late', lease });
}

function forgets(session: Session, lease: HeldLease): Session {
  const { interrupted } = session;
  if (interrupted === undefined) return session;
  const leases = interrupted.leases.filter((held) => held !== lease);
  return { ...session, interrupted: { ...interrupted, leases } };
}

function equipped(session: Session, device: DeviceClass): Turn {
  const { life } = session;
  const ready: Session = { ...session, wish: undefined, equipment: { at: 'idle', device } };
  if (life.at === 'preparing') return join(ready, life.attempt, device);
  // The server was told another device: what it promises of bytes holds within one class, so we join again.
  if ((life.at === 'joined' || life.at === 'joining') && !sameDevice(life.device, device)) {
    const connecting: Life = { at: 'connecting', attempt: life.attempt };
    return turn(
      { ...ready, life: connecting, interrupted: undefined },
      { type: 'leave' },
      { type: 'connect' },
    );
  }
  return still(ready);
}

function joinAnswered(session: Session, reply: JoinReply, nowMs: number, random: number): Turn {
  const { life } = session;
  if (life.at !== 'joining') return still(session);
  const { interrupted } = session;
  if (!reply.joined) {
    // The server was started anew, or has waited long enough: so does the volunteer begin anew.
    if (reply.refusal === 'session-unknown' && interrupted !== undefined)
      return still({ ...session, interrupted: undefined, life: { at: 'preparing', attempt: life.attempt } });
    if (!RETRYABLE.has(reply.refusal)) return refuse(session, reply.refusal, reply.sentence);
    return stepBack(session, reply.sentence, nowMs, random, reply.retryAfterMs);
  }
  if (reply.status === 'stopped' || reply.status === 'finished')
    return end(session, { at: 'over', status: reply.status });
  if (interrupted !== undefined)
    return resumed({ ...session, interrupted: undefined }, interrupted, reply, life.attempt, nowMs);
  const { stalenessMax } = session;
  return still({ ...session, life: joinedAs(reply, life.attempt, life.device, stalenessMax, nowMs) });
}

/** Goes on without something that was asked for. */
function without(session: Session, { failure, sentence }: Failure, nowMs: number, random: number): Turn {
  switch (failure) {
    case 'gone':
    case 'unreachable':
      return stepBack(session, sentence, nowMs, random);
    case 'malformed':
      return refuse(session, 'message-malformed', sentence);
    case 'incapable':
      return end(session, { at: 'failed', sentence });
    default:
      return unreachable(failure);
  }
}

/** Gives the line up, with every lease on it, and tries again later. */
function stepBack(session: Session, why: string, nowMs: number, random: number, atLeastMs = 0): Turn {
  const waiting = backOff(session, why, nowMs, random, atLeastMs);
  if (waiting === session) return still(session);
  return turn({ ...waiting, interrupted: undefined }, { type: 'leave' });
}

/** Tries again later; the same session where there is no line to be given up. */
function backOff(session: Session, why: string, nowMs: number, random: number, atLeastMs = 0): Session {
  const { life } = session;
  switch (life.at) {
    case 'connecting':
    case 'preparing':
    case 'joining':
    case 'joined': {
      const retryAtMs = nowMs + backoffMs(life.attempt, random, atLeastMs);
      return { ...session, life: { at: 'backing-off', attempt: life.attempt + 1, retryAtMs, why } };
    }
    default:
      return session;
  }
}

/** It may be different another time. */
function isPassing({ failure }: Failure): boolean {
  return failure === 'gone' || failure === 'unreachable';
}

function refuse(session: Session, refusal: Refusal, sentence = REFUSAL_SENTENCE[refusal]): Turn {
  return end(session, { at: 'refused', refusal, sentence });
}

function end(session: Session, life: Ending): Turn {
  return turn({ ...session, life }, { type: 'leave' }, { type: 'retire' });
}

/** A device that is lost this many times without finishing anything in between is not coming back. */
const LOSSES_MAX = 3;
