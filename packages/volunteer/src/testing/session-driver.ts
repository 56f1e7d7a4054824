/** Plays a session by hand: tell it events, read what it wants done. Time stands still unless a test moves it. */

import type { DeviceClass } from '@manyhands/core';
import type { LiveLease } from '@manyhands/protocol';
import type { Effect } from '../effect.ts';
import type { Event } from '../event.ts';
import { type Conditions, PLAIN_CONDITIONS } from '../governor.ts';
import type { Assignment } from '../incoming.ts';
import { openSession, type Session, step } from '../session.ts';

export const GPU: DeviceClass = { engine: 'test-1', backend: 'webgpu', vendor: 'v', architecture: 'a' };
export const CPU: DeviceClass = { ...GPU, backend: 'cpu' };

export const TOKEN = '0f'.repeat(16);

export interface SessionDriver {
  readonly session: Session;
  nowMs: number;
  random: number;
  /** What the session wants done about these events, in order. */
  tell(...events: readonly Event[]): readonly Effect[];
}

export function driveSession(conditions: Conditions = PLAIN_CONDITIONS): SessionDriver {
  let session = openSession(conditions);
  return {
    nowMs: 1_000,
    random: 0.5,
    get session() {
      return session;
    },
    tell(...events) {
      return events.flatMap((event) => {
        const turn = step(session, event, this.nowMs, this.random);
        session = turn.session;
        return turn.effects;
      });
    },
  };
}

/** A volunteer that has joined, holds the parameters of step 0 and has asked for leases. */
export function joinedDriver(conditions: Conditions = PLAIN_CONDITIONS, stalenessMax = 0): SessionDriver {
  const driver = driveSession(conditions);
  driver.tell(
    { type: 'consented' },
    { type: 'connected' },
    { type: 'equipped', ticket: 1, device: GPU, stalenessMax },
    joinAnswer(),
    { type: 'params-arrived', version: version(0), downloadMs: 10 },
  );
  return driver;
}

export function joinAnswer(
  status: 'running' | 'paused' | 'stopped' | 'finished' = 'running',
  atStep = 0,
  leases: readonly LiveLease[] = [],
  serving?: DeviceClass,
  accepted?: readonly number[],
): Event {
  const reply = {
    joined: true,
    volunteer: 7,
    token: TOKEN,
    version: version(atStep),
    status,
    leases,
    serving,
    accepted,
  } as const;
  return { type: 'join-answered', reply };
}

export function assign(lease: number, changes: Partial<Assignment> = {}): Event {
  return {
    type: 'assigned',
    assignment: {
      lease,
      kind: 'train',
      version: version(0),
      run: { first: 0, count: 2 },
      deadlineInMs: 1_000,
      backup: false,
      ...changes,
    },
  };
}

export function version(stepNumber: number) {
  return { incarnation: 1, step: stepNumber };
}

/** Effects in short: `compute 3`, `pull`, … */
export function inShort(effects: readonly Effect[]): readonly string[] {
  return effects.map((effect) => {
    switch (effect.type) {
      case 'compute':
      case 'credit':
      case 'send-late':
        return `${effect.type} ${effect.lease.id}`;
      case 'send':
        return effect.from === 0 ? `send ${effect.lease.id}` : `send ${effect.lease.id} from ${effect.from}`;
      case 'join':
        return effect.resume === undefined ? 'join' : 'resume';
      case 'release':
        return `release ${effect.lease}`;
      case 'fetch-params':
        return `fetch-params ${effect.version.step}`;
      case 'prepare':
        return `prepare ${effect.ticket}`;
      case 'audition':
        return `audition ${effect.engine}`;
      default:
        return effect.type;
    }
  });
}
