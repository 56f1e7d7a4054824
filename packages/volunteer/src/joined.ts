/**
 * Life inside a job: leases are pulled, computed and answered. At most two are held, one on the device and one to go on
 * with, and the next is pulled while the device computes, so that its round trip costs nothing. Who rests holds none, for
 * somebody else could compute it meanwhile.
 *
 * Only the newest parameters are held. A round that ends takes its leases with it, so that newer parameters say that
 * whatever was leased before is answered; a lease may also run ahead of its parameters, which are then on their way. Where
 * the strategy of the job does not wait a lease outlives some rounds, and is begun with the newest parameters that are here.
 *
 * A line that breaks takes nothing with it. What is on the device is finished, what is finished is kept, and when the server
 * knows the session again it names the leases that still live, and the answers that count though their receipts went down with the
 * line: answers to the former are sent, from where the server has got to, the latter are credited, and everything else is forgotten.
 *
 * The deadline of a lease is when it may go to another, not when it ends: what has not been begun by then is given back,
 * what is under way is finished, and counts if it is first. After twice its span, and when its round is over, it counts no more.
 * What is on the device then is finished nevertheless, for nothing can interrupt it, and its answer is sent where that is cheap: the
 * server compares it with the one that counts. Nothing is said before: the server knows that the lease has ended, and every
 * message counts.
 */

import {
  abandonedAtMs,
  type DeviceClass,
  isNewer,
  isStale,
  type JobStatus,
  mayBeginWith,
  type ParamsVersion,
  sameVersion,
  type UnitRun,
  type WorkKind,
} from '@manyhands/core';
import { LIMITS, type ReceiptMessage } from '@manyhands/protocol';
import type { Effect } from './effect.ts';
import type { ConnectionEvent, WorkshopEvent } from './event.ts';
import { govern, type Verdict } from './governor.ts';
import type { Assignment, JoinReply } from './incoming.ts';
import { allowedAtMs, askedFor, leasesAllowed } from './pace.ts';
import type { Session } from './session.ts';
import { inTurn, still, type Turn, turn } from './turn.ts';

export interface Joined {
  readonly at: 'joined';
  readonly attempt: number;
  /** What the server was told of this device. */
  readonly device: DeviceClass;
  readonly volunteer: number;
  /** Names this session to the server, should the line break. */
  readonly token: string;
  readonly status: Extract<JobStatus, 'running' | 'paused'>;
  /** Where leases go to one class of device at a time: to which, as far as we were told. */
  readonly serving: DeviceClass | undefined;
  /** A lease goes on when newer parameters come, until there are more of them than this; it is begun with the newest. */
  readonly stalenessMax: number;
  /** The newest parameters that exist, as far as we were told, and since when we know. */
  readonly newest: ParamsVersion;
  readonly newestSinceMs: number;
  /** The newest when this line was opened: frames come of later ones. */
  readonly openedWith: ParamsVersion;
  /** The newest parameters that are here. */
  readonly held: ParamsVersion | undefined;
  readonly fetching: ParamsVersion | undefined;
  /** What a download of parameters showed: where the line is wide, long frames were asked for. */
  readonly line: 'untried' | 'narrow' | 'wide';
  /** In the order in which they came. */
  readonly leases: readonly HeldLease[];
  /** What the device is at, though the lease has ended: it cannot be interrupted. */
  readonly overdue: HeldLease | undefined;
  /** Leases asked for and not yet given. */
  readonly pulls: number;
  /** When as many leases may be asked for at once as ever (`pace.ts`). */
  readonly paceFullAtMs: number;
  /** Answers that lie ready or are on their way: without a receipt yet. */
  readonly unanswered: readonly HeldLease[];
}

export interface HeldLease {
  readonly id: number;
  readonly kind: WorkKind;
  readonly version: ParamsVersion;
  readonly run: UnitRun;
  readonly arrivedAtMs: number;
  readonly deadlineMs: number;
  /** Somebody else has the same block. */
  readonly backup: boolean;
}

/** Parameters that a lease speaks of are probably on the way; after this long they are fetched. */
const PARAMS_GRACE_MS = 1_500;
/** A frame that takes as long as this keeps a ping waiting for as long, of the time that the server allows (`LIMITS.pongMs`). */
const SUBSCRIBE_MS_MAX = 2_000;
/** Receipts come in order; one that is this late never comes. */
const UNANSWERED_MAX = 16;

export function joinedAs(
  reply: Extract<JoinReply, { joined: true }>,
  attempt: number,
  device: DeviceClass,
  stalenessMax: number,
  nowMs: number,
): Joined {
  return {
    at: 'joined',
    attempt,
    device,
    volunteer: reply.volunteer,
    token: reply.token,
    status: reply.status === 'paused' ? 'paused' : 'running',
    serving: reply.serving,
    stalenessMax,
    newest: reply.version,
    newestSinceMs: nowMs,
    openedWith: reply.version,
    // Never parameters of an earlier line: the server may have begun another run since.
    held: undefined,
    fetching: undefined,
    line: 'untried',
    leases: [],
    overdue: undefined,
    pulls: 0,
    paceFullAtMs: nowMs,
    unanswered: [],
  };
}

export function reactJoined(
  session: Session,
  life: Joined,
  event: Extract<
    ConnectionEvent | WorkshopEvent,
    { type: 'assigned' | 'receipt-arrived' | 'params-arrived' | 'params-drifted' }
  >,
  nowMs: number,
): Turn {
  switch (event.type) {
    case 'assigned':
      return assigned(session, life, event.assignment, nowMs);
    case 'receipt-arrived':
      return receipted(session, life, event.receipt);
    case 'params-arrived':
      return inTurn(
        session,
        (before) => still({ ...before, life: withParams(life, event.version, nowMs) }),
        (after) => subscribe(after, event.downloadMs),
      );
    case 'params-drifted':
      return still({ ...session, life: { ...learnt(life, event.newest, nowMs), held: undefined } });
  }
}

/** The same session on another line: what the server still knows of it goes on, and the rest is forgotten. */
export function resumed(
  session: Session,
  before: Joined,
  reply: Extract<JoinReply, { joined: true }>,
  attempt: number,
  nowMs: number,
): Turn {
  const received = new Map(reply.leases.map((live) => [live.lease, live.received]));
  const lives = ({ id }: HeldLease) => received.has(id);
  const life: Joined = {
    ...joinedAs(reply, attempt, before.device, before.stalenessMax, nowMs),
    // Tokens do not outlive a server: this is the run that they came from.
    held: before.held,
    leases: before.leases.filter(lives),
    paceFullAtMs: before.paceFullAtMs,
    unanswered: before.unanswered.filter(lives),
  };
  const known = new Set([...life.leases, ...life.unanswered].map(({ id }) => id));
  const lost = reply.leases.filter(({ lease }) => !known.has(lease));
  // What lives still waits for its receipt.
  const accepted = before.unanswered.filter((lease) => !lives(lease) && reply.accepted?.includes(lease.id));
  return turn(
    { ...session, life },
    ...accepted.map((lease): Effect => ({ type: 'credit', lease })),
    ...life.unanswered.flatMap((lease): Effect[] => {
      const from = received.get(lease.id)!;
      return from === 'all' ? [] : [{ type: 'send', lease, from }];
    }),
    // Given on the old line and never heard of.
    ...lost.map(({ lease }): Effect => ({ type: 'release', lease })),
  );
}

/** The answer to a lease lies ready: undefined when nobody waits for it any more. */
export function answered(life: Joined, lease: HeldLease, nowMs: number): Joined | undefined {
  if (!life.leases.includes(lease) || outlived(lease, life, nowMs)) return undefined;
  return {
    ...life,
    leases: life.leases.filter((held) => held !== lease),
    unanswered: [...life.unanswered, lease].slice(-UNANSWERED_MAX),
  };
}

/** The answer lies ready though nobody waits for it: undefined when there can be nothing to compare it with any more. */
export function answeredLate(life: Joined, lease: HeldLease): Joined | undefined {
  const { newest, overdue, leases } = life;
  const { incarnation, step } = lease.version;
  if (newest.incarnation !== incarnation || newest.step > step + 1) return undefined;
  if (lease !== overdue && !leases.includes(lease)) return undefined;
  return { ...life, overdue: undefined, leases: leases.filter((held) => held !== lease) };
}

/** What follows inside the job, one rule after another. */
export function goOnJoined(session: Session, nowMs: number): Turn {
  const rules = [dropEnded, yieldWhileResting, begin, audition, fetchMissing, pull];
  return inTurn(
    session,
    ...rules.map((rule) => (current: Session) => {
      return current.life.at === 'joined' ? rule(current, current.life, nowMs) : still(current);
    }),
  );
}

/** The next moment at which time alone changes something. */
export function wakeJoinedAtMs(session: Session, life: Joined, nowMs: number): number {
  const verdict = verdictOf(session, life, nowMs);
  const moments = [
    verdict.may ? Number.POSITIVE_INFINITY : verdict.untilMs,
    roomOf(session, life, nowMs) > 0 ? allowedAtMs(life.paceFullAtMs) : Number.POSITIVE_INFINITY,
    fetchAtMs(life),
    ...life.leases.map((lease) => (isOnDevice(session, lease) ? endsAtMs(lease) : lease.deadlineMs)),
  ];
  return Math.min(...moments);
}

export function verdictOf(session: Session, life: Joined, nowMs: number): Verdict {
  return govern(session.conditions, life.status, session.restUntilMs, nowMs);
}

type Rule = (session: Session, life: Joined, nowMs: number) => Turn;

/** A lease that has ended, or that should be somebody else's by now, is given back. */
const dropEnded: Rule = (session, life, nowMs) => {
  const isWanted = (lease: HeldLease) =>
    !outlived(lease, life, nowMs) && (isOnDevice(session, lease) || nowMs < lease.deadlineMs);
  return keepLeases(session, life, isWanted);
};

/** Who cannot work now holds nothing that another could do; what is on the device is finished. */
const yieldWhileResting: Rule = (session, life, nowMs) => {
  if (isReady(session) && verdictOf(session, life, nowMs).may) return still(session);
  return keepLeases(session, life, (lease) => isOnDevice(session, lease));
};

/** One computation at a time, and only with parameters that the lease allows. */
const begin: Rule = (session, life, nowMs) => {
  const { equipment } = session;
  if (equipment.at !== 'idle' || !verdictOf(session, life, nowMs).may) return still(session);
  const lease = life.leases.find((held) => mayBegin(held, life));
  if (lease === undefined) return still(session);
  const busy = { at: 'busy', device: equipment.device, lease } as const;
  return turn({ ...session, equipment: busy }, { type: 'compute', lease });
};

/** Another engine is tried when nothing is held, asked for or waited for: whatever comes of it, no work is lost. */
const audition: Rule = (session, life, nowMs) => {
  const { equipment, wish } = session;
  if (wish === undefined || equipment.at !== 'idle') return still(session);
  if (life.leases.length + life.pulls + life.unanswered.length > 0) return still(session);
  if (!verdictOf(session, life, nowMs).may) return still(session);
  return turn(
    { ...session, wish: undefined, equipment: { at: 'auditioning', device: equipment.device } },
    { type: 'audition', engine: wish },
  );
};

const fetchMissing: Rule = (session, life, nowMs) => {
  if (nowMs < fetchAtMs(life)) return still(session);
  const version = life.newest;
  const effect: Effect = { type: 'fetch-params', version, from: life.held };
  return turn({ ...session, life: { ...life, fetching: version } }, effect);
};

/** No lease is asked for that could not be worked on, nor faster than the server listens. */
const pull: Rule = (session, life, nowMs) => {
  const leases = Math.min(roomOf(session, life, nowMs), leasesAllowed(life.paceFullAtMs, nowMs));
  if (leases === 0) return still(session);
  const asking: Joined = {
    ...life,
    pulls: life.pulls + leases,
    paceFullAtMs: askedFor(leases, life.paceFullAtMs, nowMs),
  };
  return turn({ ...session, life: asking }, ...Array.from({ length: leases }, () => PULL));
};

/**
 * One lease ahead while the device works all the time; none where a rest follows every piece of work, and none at all where a
 * gap is wanted.
 */
function roomOf(session: Session, life: Joined, nowMs: number): number {
  if (session.wish !== undefined) return 0;
  if (life.held === undefined || !isReady(session) || !verdictOf(session, life, nowMs).may) return 0;
  const most = session.conditions.intensity < 1 ? 1 : LIMITS.leasesPerVolunteerMax;
  return Math.max(0, most - life.leases.length - life.pulls);
}

const PULL: Effect = { type: 'pull' };

function assigned(session: Session, life: Joined, assignment: Assignment, nowMs: number): Turn {
  const { lease: id, kind, version, run, deadlineInMs, backup } = assignment;
  const pulls = Math.max(0, life.pulls - 1);
  if (life.leases.length >= LIMITS.leasesPerVolunteerMax || life.leases.some((held) => held.id === id))
    return turn({ ...session, life: { ...life, pulls } }, { type: 'release', lease: id });
  const lease: HeldLease = {
    id,
    kind,
    version,
    run,
    arrivedAtMs: nowMs,
    deadlineMs: nowMs + deadlineInMs,
    backup,
  };
  const learned = learnt(life, version, nowMs);
  return still({ ...session, life: { ...learned, pulls, leases: [...life.leases, lease] } });
}

function withParams(life: Joined, version: ParamsVersion, nowMs: number): Joined {
  const fetching = life.fetching !== undefined && isNewer(life.fetching, version) ? life.fetching : undefined;
  if (life.held !== undefined && !isNewer(version, life.held)) return { ...life, fetching };
  return { ...learnt(life, version, nowMs), held: version, fetching };
}

/** A download shows what the line can carry: long frames on a narrow one would hold up the server's pings. */
function subscribe(session: Session, downloadMs: number | undefined): Turn {
  const { life } = session;
  if (life.at !== 'joined' || life.line === 'wide' || downloadMs === undefined) return still(session);
  if (downloadMs > SUBSCRIBE_MS_MAX) return still({ ...session, life: { ...life, line: 'narrow' } });
  return turn({ ...session, life: { ...life, line: 'wide' } }, { type: 'subscribe' });
}

function receipted(session: Session, life: Joined, receipt: ReceiptMessage): Turn {
  const lease = life.unanswered.find(({ id }) => id === receipt.lease);
  if (lease === undefined) return still(session);
  const unanswered = life.unanswered.filter((other) => other !== lease);
  if (!receipt.accepted) return still({ ...session, life: { ...life, unanswered } });
  return turn({ ...session, life: { ...life, unanswered, attempt: 0 } }, { type: 'credit', lease });
}

function keepLeases(session: Session, life: Joined, keep: (lease: HeldLease) => boolean): Turn {
  const dropped = life.leases.filter((lease) => !keep(lease));
  if (dropped.length === 0) return still(session);
  const overdue = dropped.find((lease) => isOnDevice(session, lease));
  return turn(
    { ...session, life: { ...life, leases: life.leases.filter(keep), overdue: overdue ?? life.overdue } },
    ...dropped.filter((lease) => lease !== overdue).map(({ id }): Effect => ({ type: 'release', lease: id })),
  );
}

function learnt(life: Joined, version: ParamsVersion, nowMs: number): Joined {
  return isNewer(version, life.newest) ? { ...life, newest: version, newestSinceMs: nowMs } : life;
}

/** Its round is over, or so much time has passed that its lease is. */
function outlived(lease: HeldLease, { newest, stalenessMax }: Joined, nowMs: number): boolean {
  return isStale(lease.version, newest, stalenessMax) || nowMs >= endsAtMs(lease);
}

function endsAtMs({ arrivedAtMs, deadlineMs }: HeldLease): number {
  return abandonedAtMs(arrivedAtMs, deadlineMs);
}

/** The parameters that are here are those that the lease names; or newer ones, where it may be begun with them. */
function mayBegin({ version, kind }: HeldLease, { held, stalenessMax }: Joined): boolean {
  if (held === undefined) return false;
  return kind === 'train' ? mayBeginWith(held, version, stalenessMax) : sameVersion(held, version);
}

/**
 * Who has just joined downloads the parameters; later ones come by themselves and are fetched only if they do not, as those do not that are
 * too long for a line of which nothing is known yet.
 */
function fetchAtMs({ fetching, held, line, newest, newestSinceMs, openedWith }: Joined): number {
  if (fetching !== undefined || (held !== undefined && !isNewer(newest, held)))
    return Number.POSITIVE_INFINITY;
  const isOnItsWay = held !== undefined && isNewer(newest, openedWith) && line !== 'untried';
  return isOnItsWay ? newestSinceMs + PARAMS_GRACE_MS : newestSinceMs;
}

function isReady({ equipment }: Session): boolean {
  return equipment.at === 'idle' || equipment.at === 'busy';
}

function isOnDevice({ equipment }: Session, lease: HeldLease): boolean {
  return equipment.at === 'busy' && equipment.lease === lease;
}
