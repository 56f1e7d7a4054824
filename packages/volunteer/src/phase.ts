/** The session as a person sees it, and when time alone will change it. */

import { sameDevice, unreachable } from '@manyhands/core';
import { verdictOf, wakeJoinedAtMs } from './joined.ts';
import type { VolunteerPhase } from './mirror.ts';
import type { Equipment, Joined, Session } from './session.ts';

export function phaseOf(session: Session, nowMs: number): VolunteerPhase {
  const { life, equipment } = session;
  switch (life.at) {
    case 'asking':
    case 'stopped':
      return { at: life.at };
    case 'refused':
    case 'failed':
    case 'over':
      return life;
    case 'connecting':
      return { at: 'connecting', attempt: life.attempt };
    case 'backing-off':
      return { at: 'connecting', attempt: life.attempt, retryAtMs: life.retryAtMs, why: life.why };
    case 'preparing':
      return preparation(equipment);
    case 'joining':
      return PARAMETERS;
    case 'joined':
      return phaseJoined(session, life, nowMs);
    default:
      return unreachable(life);
  }
}

/** The next moment at which `ticked` may change the session; Infinity while only events can. */
export function wakeAtMs(session: Session, nowMs: number): number {
  const { life } = session;
  if (life.at === 'backing-off') return life.retryAtMs;
  return life.at === 'joined' ? wakeJoinedAtMs(session, life, nowMs) : Number.POSITIVE_INFINITY;
}

function phaseJoined(session: Session, life: Joined, nowMs: number): VolunteerPhase {
  const { equipment } = session;
  if (equipment.at === 'none' || equipment.at === 'making') return preparation(equipment);
  if (life.held === undefined) return PARAMETERS;
  if (equipment.at === 'busy') {
    const { kind, run } = equipment.lease;
    return { at: 'working', kind, first: run.first, count: run.count };
  }
  const verdict = verdictOf(session, life, nowMs);
  if (!verdict.may) return { at: 'resting', why: verdict.why, sentence: verdict.sentence };
  const { serving, device } = life;
  return serving === undefined || sameDevice(serving, device)
    ? { at: 'waiting' }
    : { at: 'standing-by', serving };
}

function preparation(equipment: Equipment): VolunteerPhase {
  if (equipment.at !== 'making') return { at: 'preparing', what: 'program', done: 0, total: 1 };
  const { what, done, total } = equipment;
  return { at: 'preparing', what, done, total };
}

const PARAMETERS: VolunteerPhase = { at: 'preparing', what: 'parameters', done: 0, total: 1 };
