/**
 * Any sequence of events, sensible or not, played against a session. The checker believes nothing that the session says
 * of itself: it counts leases and computations from what was told and what was asked for.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Effect } from './effect.ts';
import type { Event } from './event.ts';
import { PLAIN_CONDITIONS } from './governor.ts';
import type { JoinReply } from './incoming.ts';
import { wakeAtMs } from './phase.ts';
import { hasEnded } from './session.ts';
import {
  CPU,
  driveSession,
  GPU,
  joinAnswer,
  joinedDriver,
  type SessionDriver,
  version,
} from './testing/session-driver.ts';

/** What the world may do next, and how often it does: what ends things is rare, or nothing would ever get far. */
const WEIGHTS = {
  consent: 4,
  connect: 8,
  equip: 8,
  join: 8,
  assign: 40,
  finish: 30,
  params: 8,
  receipt: 6,
  wait: 6,
  wake: 10,
  rest: 1,
  status: 1,
  disconnect: 1,
  lose: 1,
  fail: 1,
  wish: 1,
  audition: 8,
  malformed: 1,
} as const;
type Kind = keyof typeof WEIGHTS;

/** Numbers choose among the details. */
const movesBy = (weights: Readonly<Record<Kind, number>>) =>
  fc.array(
    fc.record({
      kind: fc.oneof(
        ...Object.entries(weights).map(([kind, weight]) => ({
          weight,
          arbitrary: fc.constant(kind as Kind),
        })),
      ),
      detail: fc.nat(11),
    }),
    { minLength: 1, maxLength: 150, size: 'max' },
  );
const moves = movesBy(WEIGHTS);

test('[VP1] never two computations at once, never more than two leases held or asked for', () => {
  let computations = 0;
  fc.assert(
    fc.property(moves, fc.boolean(), (sequence, inside) => {
      const driver = inside ? joinedDriver() : driveSession();
      const world = watch(inside ? 2 : 0);
      let [computing, leases] = [0, 0];
      for (const move of sequence) {
        const event = eventOf(driver, move.kind, move.detail);
        world.hear(event, driver.nowMs);
        world.see(driver.tell(event), driver.nowMs);
        computing = Math.max(computing, world.computing);
        leases = Math.max(leases, world.held.size + world.pulls);
      }
      expect(computing).toBeLessThanOrEqual(1);
      expect(leases).toBeLessThanOrEqual(2);
      computations += world.begun;
    }),
    { numRuns: 300 },
  );
  // The sequences are no good if they never get this far.
  expect(computations).toBeGreaterThan(400);
});

test('[VP6] another engine is tried only where nothing is held, asked for or computed, and nothing is computed meanwhile', () => {
  let auditions = 0;
  // Gaps come about where receipts do.
  fc.assert(
    fc.property(movesBy({ ...WEIGHTS, wish: 6, receipt: 30 }), (sequence) => {
      const driver = joinedDriver();
      const world = watch(2);
      for (const { kind, detail } of sequence) {
        const event = eventOf(driver, kind, detail);
        world.hear(event, driver.nowMs);
        world.see(driver.tell(event), driver.nowMs);
      }
      auditions += world.auditions;
    }),
    { numRuns: 300 },
  );
  expect(auditions).toBeGreaterThan(60);
});

test('[VP2] no effect of any kind before consent', () => {
  fc.assert(
    fc.property(moves, (sequence) => {
      const driver = driveSession();
      for (const { kind, detail } of sequence) {
        if (kind === 'consent') continue;
        expect(driver.tell(eventOf(driver, kind, detail))).toEqual([]);
      }
    }),
  );
});

test('[VP3] stop leaves the server at once, whatever went before, and nothing follows', () => {
  fc.assert(
    fc.property(moves, moves, (before, after) => {
      const driver = driveSession();
      for (const { kind, detail } of before) driver.tell(eventOf(driver, kind, detail));
      const ended = hasEnded(driver.session.life);
      const effects = driver.tell({ type: 'stop-asked' }).map(({ type }) => type);
      expect(effects).toEqual(ended ? [] : ['leave', 'retire']);
      for (const { kind, detail } of after) expect(driver.tell(eventOf(driver, kind, detail))).toEqual([]);
    }),
  );
});

test('[VP4] time alone never wakes a session twice for the same thing', () => {
  fc.assert(
    fc.property(moves, (sequence) => {
      const driver = driveSession();
      for (const { kind, detail } of sequence) {
        driver.tell(eventOf(driver, kind, detail));
        expect(wakeAtMs(driver.session, driver.nowMs)).toBeGreaterThan(driver.nowMs);
      }
    }),
  );
});

test('[VP5] an answer is sent once on a line, when it is finished or the server names its lease, and credited once', () => {
  let resent = 0;
  // Lines that break are what it is about.
  fc.assert(
    fc.property(movesBy({ ...WEIGHTS, disconnect: 6 }), (sequence) => {
      const driver = joinedDriver();
      const world = watch(2);
      for (const { kind, detail } of sequence) {
        const event = eventOf(driver, kind, detail);
        world.hear(event, driver.nowMs);
        world.see(driver.tell(event), driver.nowMs);
      }
      resent += world.resent;
    }),
    { numRuns: 300 },
  );
  // About thirty: so few that chance alone would have it are a generator that no longer gets there.
  expect(resent).toBeGreaterThan(5);
});

function watch(pullsBefore: number) {
  const held = new Map<number, { readonly step: number; readonly endsAtMs: number }>();
  let newest = 0;
  const finished = new Set<number>();
  const sent = new Set<number>();
  const credited = new Set<number>();
  let named: ReadonlySet<number> | undefined;
  // Who has asked for leases is in.
  let isIn = pullsBefore > 0;
  let joining = false;
  let resent = 0;
  let lease: number | undefined;
  let pulls = pullsBefore;
  let computing = 0;
  let begun = 0;
  let auditions = 0;
  let auditioning = false;
  return {
    held,
    get computing() {
      return computing;
    },
    get begun() {
      return begun;
    },
    get pulls() {
      return pulls;
    },
    get auditions() {
      return auditions;
    },
    get resent() {
      return resent;
    },
    hear(event: Event, nowMs: number) {
      if (event.type === 'assigned') {
        const { lease, version, deadlineInMs } = event.assignment;
        held.set(lease, { step: version.step, endsAtMs: nowMs + 2 * deadlineInMs });
        pulls = Math.max(0, pulls - 1);
      }
      if (event.type === 'disconnected') {
        pulls = 0;
        joining = false;
        isIn = false;
      }
      // What a line that broke still brings is not listened to.
      if (event.type === 'params-arrived' && isIn) newest = Math.max(newest, event.version.step);
      named = undefined;
      if (event.type === 'join-answered' && joining) this.join(event.reply);
      if (event.type === 'device-lost') this.free();
      if (event.type === 'auditioned' || event.type === 'device-lost') auditioning = false;
      if (event.type === 'computed' && event.lease === lease) {
        finished.add(event.lease);
        held.delete(event.lease);
      }
      if ((event.type === 'computed' || event.type === 'not-computed') && event.lease === lease) this.free();
    },
    see(effects: readonly Effect[], nowMs: number) {
      for (const effect of effects) {
        if (effect.type === 'release') held.delete(effect.lease);
        if (effect.type === 'join') joining = true;
        if (effect.type === 'send' || effect.type === 'send-late') this.send(effect.lease.id);
        if (effect.type === 'leave') this.empty();
        if (effect.type === 'credit') {
          expect(finished).toContain(effect.lease.id);
          expect(credited).not.toContain(effect.lease.id);
          credited.add(effect.lease.id);
        }
        if (effect.type === 'pull') pulls++;
        if (effect.type === 'audition') {
          expect([computing, held.size, pulls, auditioning]).toEqual([0, 0, 0, false]);
          auditions++;
          auditioning = true;
        }
        if (effect.type === 'compute') {
          expect(auditioning).toBe(false);
          begun++;
          computing++;
          lease = effect.lease.id;
          expect(held.has(effect.lease.id)).toBe(true);
        }
      }
      // The server ends a lease with its round and after twice its span, and need not be told.
      newest = Math.max(newest, ...[...held.values()].map(({ step }) => step));
      for (const [id, { step, endsAtMs }] of held) if (step < newest || nowMs >= endsAtMs) held.delete(id);
    },
    send(id: number) {
      expect(finished).toContain(id);
      expect(sent).not.toContain(id);
      if (named !== undefined && named.size > 0) {
        expect(named).toContain(id);
        resent++;
      }
      sent.add(id);
    },
    join(reply: JoinReply) {
      named = new Set(reply.joined ? reply.leases.map((live) => live.lease) : []);
      joining = false;
      isIn = reply.joined;
      if (reply.joined) newest = reply.version.step;
      for (const id of held.keys()) if (!named.has(id)) held.delete(id);
      sent.clear();
      pulls = 0;
    },
    empty() {
      joining = false;
      isIn = false;
      held.clear();
      pulls = 0;
    },
    free() {
      computing = 0;
      lease = undefined;
    },
  };
}

let nextLease = 1;

/** Mostly the newest version, sometimes an older one or one that is yet to come. */
const drift = (detail: number) => (detail < 2 ? -1 : detail > 8 ? 1 : 0);

function eventOf(driver: SessionDriver, kind: Kind, detail: number): Event {
  const { life, equipment, ticket } = driver.session;
  const joined = life.at === 'joined' ? life : undefined;
  switch (kind) {
    case 'consent':
      return { type: 'consented' };
    case 'connect':
      return { type: 'connected' };
    case 'disconnect':
      return { type: 'disconnected', why: 'gone' };
    case 'equip':
      return {
        type: 'equipped',
        ticket: detail === 0 ? ticket - 1 : ticket,
        device: detail === 1 ? CPU : GPU,
      };
    case 'join': {
      const { interrupted } = driver.session;
      if (detail === 2 && interrupted !== undefined)
        return {
          type: 'join-answered',
          reply: { joined: false, refusal: 'session-unknown', sentence: 'Who?' },
        };
      // Of the leases that are asked about some have ended; and one is named that never arrived.
      const asked = [...(interrupted?.leases ?? []), ...(interrupted?.unanswered ?? [])].map(({ id }) => id);
      const alive = detail < 5 ? [...asked.slice(1), nextLease++] : asked;
      const leases = alive.map((lease) => ({ lease, received: detail === 3 ? ('all' as const) : 0 }));
      const status = detail === 0 ? 'finished' : detail === 1 ? 'paused' : 'running';
      const step = interrupted === undefined || detail > 9 ? detail : interrupted.newest.step;
      const accepted = detail % 2 === 0 ? asked : undefined;
      return joinAnswer(status, step, interrupted === undefined ? [] : leases, undefined, accepted);
    }
    case 'assign': {
      // A server gives nothing to who is not in: leases beyond what was asked for are tried, strangers' are not.
      if (joined === undefined) return { type: 'ticked' };
      const lease = nextLease++;
      const kindOfWork = detail % 4 === 0 ? 'evaluate' : 'train';
      const at = version(joined.newest.step + drift(detail));
      const run = { first: detail, count: 1 };
      const assignment = {
        lease,
        kind: kindOfWork,
        version: at,
        run,
        deadlineInMs: 100 * detail,
        backup: false,
      } as const;
      return { type: 'assigned', assignment };
    }
    case 'finish':
      if (equipment.at !== 'busy') return { type: 'computed', lease: detail, deviceMs: 5 };
      return { type: 'computed', lease: equipment.lease.id, deviceMs: 10 * detail };
    case 'params':
      return {
        ...{ type: 'params-arrived', version: version((joined?.newest.step ?? 0) + drift(detail)) },
        ...(detail % 2 === 0 ? {} : { downloadMs: 400 * detail }),
      };
    case 'receipt': {
      const lease = joined?.unanswered[0]?.id ?? detail;
      return { type: 'receipt-arrived', receipt: { lease, accepted: detail > 3 } };
    }
    case 'wait':
      driver.nowMs += 10 * detail;
      return { type: 'ticked' };
    case 'wake': {
      const atMs = wakeAtMs(driver.session, driver.nowMs);
      if (Number.isFinite(atMs)) driver.nowMs = atMs;
      return { type: 'ticked' };
    }
    case 'lose':
      return { type: 'device-lost', sentence: 'lost' };
    case 'fail': {
      const failure = { failure: detail > 5 ? 'unreachable' : 'gone', sentence: 'no' } as const;
      if (equipment.at === 'busy') return { type: 'not-computed', lease: equipment.lease.id, failure };
      return { type: 'params-failed', version: joined?.fetching ?? version(detail), failure };
    }
    case 'wish':
      return { type: 'engine-wished', engine: 'jax-wasm' };
    case 'audition':
      return { type: 'auditioned', device: detail < 3 ? CPU : GPU, spentMs: 10 * detail };
    case 'rest': {
      const conditions = { ...PLAIN_CONDITIONS, intensity: detail > 3 ? 1 : 0.5, saveData: detail === 11 };
      return { type: 'conditions-changed', conditions };
    }
    case 'status':
      return { type: 'status-changed', status: detail > 9 ? 'paused' : 'running' };
    case 'malformed':
      return detail > 0 ? { type: 'ticked' } : { type: 'malformed', sentence: 'what?' };
  }
}
