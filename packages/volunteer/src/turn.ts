/** One step of the session: what it is now and what must be done. */

import type { Effect } from './effect.ts';
import type { Session } from './session.ts';

export interface Turn {
  readonly session: Session;
  readonly effects: readonly Effect[];
}

export function turn(session: Session, ...effects: readonly Effect[]): Turn {
  return { session, effects };
}

/** Nothing to do. */
export function still(session: Session): Turn {
  return { session, effects: [] };
}

/** One stage after another, each on what the one before left. */
export function inTurn(session: Session, ...stages: readonly ((session: Session) => Turn)[]): Turn {
  const effects: Effect[] = [];
  let current = session;
  for (const stage of stages) {
    const next = stage(current);
    current = next.session;
    effects.push(...next.effects);
  }
  return { session: current, effects };
}
