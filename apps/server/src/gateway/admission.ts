/** May this volunteer join, or why not. Looks only at what the message says and at the state of the house. */

import {
  type JoinAnswer,
  type JoinMessage,
  JoinMessageSchema,
  type JoinRefusal,
  PROTOCOL_VERSION,
  REFUSAL_SENTENCE,
} from '@manyhands/protocol';
import type { Catalog } from '../catalog.ts';
import { hasEnded } from '../job-view.ts';
import { comeBack } from './come-back.ts';
import type { VolunteerSession } from './volunteer-session.ts';

export interface House {
  readonly catalog: Catalog;
  /** Volunteers that have joined, those included whose line is lost. */
  readonly volunteers: number;
  readonly volunteersMax: number;
  readonly stopping: boolean;
}

export function admit(message: unknown, house: House): JoinMessage | JoinRefusal {
  // Looked at first: a page of another version may send a message of another form.
  if (protocolOf(message) !== PROTOCOL_VERSION) return 'protocol-version';
  const parsed = JoinMessageSchema.safeParse(message);
  if (!parsed.success) return 'message-malformed';
  const { job, layoutHash, resume } = parsed.data;
  const program = house.catalog.program(job);
  if (program === undefined) return 'job-unknown';
  if (program.layoutHash !== layoutHash) return 'layout-mismatch';
  const status = house.catalog.live(job)?.job.status;
  if (!house.catalog.isHosted(job) || status === undefined || hasEnded(status)) return 'job-over';
  if (house.stopping) return 'server-stopping';
  // Who comes back has its place still.
  if (resume === undefined && house.volunteers >= house.volunteersMax) return 'server-full';
  return parsed.data;
}

export function refused(refusal: JoinRefusal): JoinAnswer {
  return { joined: false, refusal, sentence: REFUSAL_SENTENCE[refusal], ...comeBack(refusal) };
}

export function joined(session: VolunteerSession, catalog: Catalog): JoinAnswer {
  const { version, status, exact } = catalog.live(session.job)!.job;
  const { volunteer, token, accepted } = session;
  return {
    ...{ joined: true, volunteer, version, status, token, leases: session.liveLeases() },
    ...(accepted.length > 0 ? { accepted } : {}),
    ...(exact?.serving ? { serving: exact.serving } : {}),
  };
}

function protocolOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null && 'protocol' in message
    ? message.protocol
    : undefined;
}
