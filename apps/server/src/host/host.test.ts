import { initialCheckpoint, type LeaseId, type VolunteerId } from '@manyhands/core';
import type { HistoryPoint } from '@manyhands/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { openRun } from '../run.ts';
import { createMemoryStore } from '../store/memory.ts';
import { type Store, StoreError } from '../store/store.ts';
import { tinyJob } from '../testing/tiny-job.ts';
import type { Clock } from './clock.ts';
import { runHost } from './host.ts';
import type { FromHost, HostPort, ToHost } from './messages.ts';

const VOLUNTEER = 1 as VolunteerId;
const JOINED: ToHost = {
  type: 'event',
  event: {
    type: 'volunteer-joined',
    volunteer: VOLUNTEER,
    account: 'a'.repeat(32),
    device: { engine: 'tiny-1', backend: 'cpu', vendor: '', architecture: '' },
  },
};
const PULLED: ToHost = { type: 'event', event: { type: 'lease-pulled', volunteer: VOLUNTEER } };
const PAUSED: ToHost = { type: 'event', event: { type: 'pause-asked' } };

/** Time stands still until it is moved; turns are taken when they are asked for. */
class StillClock implements Clock {
  #nowMs = 0;
  #turns: (() => void)[] = [];
  #timers: { readonly ms: number; readonly call: () => void }[] = [];
  nowMs = () => this.#nowMs;
  wallMs = () => 1_700_000_000_000 + this.#nowMs;
  soon = (call: () => void) => void this.#turns.push(call);
  every = (ms: number, call: () => void) => {
    const timer = { ms, call };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  };
  takeTurns(): void {
    for (const turn of this.#turns.splice(0)) turn();
  }
  /** Lets every timer ring once for each of its spans in this time. */
  pass(ms: number): void {
    const until = this.#nowMs + ms;
    while (this.#nowMs < until) {
      this.#nowMs++;
      for (const timer of [...this.#timers]) if (this.#nowMs % timer.ms === 0) timer.call();
    }
  }
}

/** The other end of the line: keeps what the host posts, one list for each message. */
class Ear implements HostPort {
  readonly posts: (readonly FromHost[])[] = [];
  closed = false;
  say: (message: ToHost) => void = () => {};
  postMessage = (messages: readonly FromHost[]) => void this.posts.push(messages);
  on = (_event: 'message', listener: (message: ToHost) => void) => {
    this.say = listener;
  };
  close = () => {
    this.closed = true;
  };
  all<Type extends FromHost['type']>(type: Type): Extract<FromHost, { readonly type: Type }>[] {
    const found = this.posts.flat().filter((message) => message.type === type);
    return found as Extract<FromHost, { readonly type: Type }>[];
  }
  entries(): HistoryPoint['entry'][] {
    return this.all('history').flatMap(({ points }) => points.map(({ entry }) => entry));
  }
}

let store: Store;
let clock: StillClock;
let ear: Ear;
beforeEach(() => {
  store = createMemoryStore();
  clock = new StillClock();
  ear = new Ear();
});

function host(on: Store = store, fresh = false): string {
  const { start } = openRun(store, tinyJob(), fresh);
  runHost(ear, start!, on, clock);
  return start!.run.id;
}

function tell(...messages: readonly ToHost[]): void {
  for (const message of messages) ear.say(message);
  clock.takeTurns();
}

/** A store whose disk is full for as long as `isFull` says so. */
function fillable(isFull: () => boolean): Store {
  return {
    ...store,
    saveCheckpoint(...saved) {
      if (isFull()) throw new StoreError('The disk is full.');
      return store.saveCheckpoint(...saved);
    },
  };
}

describe('A host', () => {
  test('[HO1] says what it begins with before anything is asked', () => {
    host();
    expect(ear.all('published').map(({ version }) => version)).toEqual(['1-0']);
    expect(ear.all('live')[0]?.live.job).toMatchObject({ status: 'running', version: '1-0', hosted: true });
  });

  test('[HO2] sends all that one turn brought in one message', () => {
    host();
    const before = ear.posts.length;
    tell(JOINED, PULLED, PULLED);
    expect(ear.posts.length).toBe(before + 1);
    expect(ear.posts.at(-1)!.filter(({ type }) => type === 'assign').length).toBeGreaterThan(0);
  });

  test('[HO3] answers volunteers before it writes a checkpoint', () => {
    const postsAtSave: number[] = [];
    const watched: Store = {
      ...store,
      saveCheckpoint(...saved) {
        postsAtSave.push(ear.posts.length);
        return store.saveCheckpoint(...saved);
      },
    };
    host(watched);
    const before = ear.posts.length;
    tell(JOINED, PULLED, PAUSED);
    expect(postsAtSave).toEqual([before + 1]);
    expect(ear.posts[before]!.some(({ type }) => type === 'assign')).toBe(true);
  });

  test('[HO4] a full disk is said and written down, training goes on, and the next checkpoint is tried', () => {
    let full = true;
    const id = host(fillable(() => full));
    tell(PAUSED);
    expect(ear.all('disk-trouble')).toEqual([{ type: 'disk-trouble', sentence: 'The disk is full.' }]);
    full = false;
    tell({ type: 'event', event: { type: 'resume-asked' } });
    clock.pass(200);
    expect(ear.entries()).toContainEqual({
      kind: 'not-durable',
      version: '1-0',
      sentence: 'The disk is full.',
    });
    expect(ear.entries()).toContainEqual({ kind: 'durable', version: '1-0' });
    expect(store.history(id, 0, 10).length).toBeGreaterThan(0);
  });

  test('[HO5] a mistake in the program stops the job, says where, and no message gets further', () => {
    const broken: Store = {
      ...store,
      saveCheckpoint() {
        throw new TypeError('broken on purpose');
      },
    };
    host(broken);
    tell(PAUSED);
    expect(ear.all('failed')[0]?.sentence).toContain('broken on purpose');
    const lives = ear.all('live').length;
    tell(JOINED, PULLED);
    clock.pass(400);
    expect(ear.all('assign')).toEqual([]);
    expect(ear.all('live')).toHaveLength(lives);
    tell({ type: 'close' });
    expect(ear.all('closed')).toHaveLength(1);
    expect(ear.closed).toBe(true);
  });

  test('[HO6] closing writes a last checkpoint that goes on by itself, and the history up to it', () => {
    const id = host();
    tell(JOINED, PULLED);
    tell({ type: 'close' });
    expect(store.newestSaved(id)?.progress.status).toBe('running');
    expect(store.history(id, 0, 10).map(({ entry }) => entry.kind)).toContain('joined');
    expect(ear.posts.at(-1)).toEqual([{ type: 'closed' }]);
  });

  test('[HO7] a paused job that is closed stays paused', () => {
    const id = host();
    tell(PAUSED);
    tell({ type: 'close' });
    expect(store.newestSaved(id)?.progress.status).toBe('paused');
  });

  test('[HO8] pages are told at most five times a second, and not at all while nothing changes', () => {
    host();
    const before = ear.all('live').length;
    clock.pass(1_000);
    expect(ear.all('live').length).toBe(before);
    for (let i = 0; i < 50; i++) {
      tell(PULLED);
      clock.pass(20);
    }
    expect(ear.all('live').length).toBe(before + 5);
  });

  test('[HO9] the table of volunteers is made once a second, and only for those who want it', () => {
    host();
    tell(JOINED);
    clock.pass(2_000);
    expect(ear.all('rows')).toEqual([]);
    tell({ type: 'rows-wanted', wanted: true });
    clock.pass(3_000);
    expect(ear.all('rows')).toHaveLength(3);
    expect(ear.all('rows')[0]?.rows).toMatchObject([{ volunteer: 1, engine: 'tiny-1', share: 0 }]);
  });

  test('[HO10] what goes on after a crash never gives a number or a version a second meaning', () => {
    const id = host();
    tell(JOINED);
    clock.pass(200);
    const seen = ear.all('history').flatMap(({ points }) => points.map(({ index }) => index));
    ear = new Ear();
    host();
    clock.pass(200);
    const [recovered] = store.history(id, 0, 10);
    expect(recovered?.entry).toEqual({ kind: 'recovered', version: '2-0' });
    expect(recovered!.index).toBeGreaterThan(Math.max(...seen));
    expect(store.newestSaved(id)?.version).toEqual({ incarnation: 2, step: 0 });
    tell(JOINED);
    clock.pass(200);
    const [joined] = ear.all('history').flatMap(({ points }) => points);
    expect(joined!.index).toBe(recovered!.index + 1);
    // A crash before the next checkpoint: the numbers that were seen of this incarnation are leapt over as well.
    openRun(store, tinyJob(), false);
    expect(store.history(id, 0, 10).at(-1)!.index).toBeGreaterThan(joined!.index);
  });

  test('[HO13] draining gives out no lease and answers when the last running one has ended', () => {
    host();
    tell(JOINED, PULLED, PULLED);
    const leases = ear.all('assign').map(({ message }) => message);
    tell({ type: 'drain' }, PULLED);
    expect(ear.all('drained')).toEqual([]);
    for (const { lease } of leases) {
      expect(ear.all('drained')).toEqual([]);
      const event = { type: 'lease-released', volunteer: VOLUNTEER, lease: lease as LeaseId } as const;
      tell({ type: 'event', event });
    }
    expect(ear.all('drained')).toHaveLength(1);
    expect(ear.all('assign')).toHaveLength(leases.length);
  });

  test('[HO17] measured speeds are told and written within a second, and are there in the next life', () => {
    const id = host();
    const speed = { adapter: 'apple', engine: 'tiny-1', backend: 'cpu', secondsPerSample: 0.5 } as const;
    const row = { ...speed, accounts: 1, measuredAt: clock.wallMs() };
    tell({ type: 'measured', account: 'a', speed }, { type: 'measured', account: 'a', speed });
    expect(ear.all('speeds')).toEqual([]);
    clock.pass(1_000);
    expect(ear.all('speeds')).toEqual([{ type: 'speeds', rows: [row] }]);
    clock.pass(3_000);
    expect(ear.all('speeds')).toHaveLength(1);
    expect(store.speeds(id)).toHaveLength(1);
    tell({ type: 'measured', account: 'b', speed }, { type: 'close' });
    expect(store.speeds(id)[0]!.measurements.map(({ account }) => account)).toEqual(['a', 'b']);
  });

  test('[HO14] a trouble of the disk is said when it begins and when it ends, and not each time it is tried', () => {
    let full = true;
    host(fillable(() => full));
    for (let i = 0; i < 3; i++) tell(PAUSED, { type: 'event', event: { type: 'resume-asked' } });
    expect(ear.all('disk-trouble')).toHaveLength(1);
    full = false;
    tell(PAUSED);
    expect(ear.all('disk-well')).toEqual([{ type: 'disk-well', version: '1-0' }]);
    expect(ear.all('saved').length).toBeGreaterThan(0);
  });
});

describe('Which run goes on', () => {
  test('[HO11] a damaged incarnation is never named again', () => {
    const { job, initial } = tinyJob();
    const id = host();
    const first = initialCheckpoint(job, initial.params, initial.state);
    const damaged: Store = {
      ...store,
      newestCheckpoint: () => ({
        checkpoint: first,
        paramsSha256: '',
        damaged: [{ incarnation: 6, step: 9 }],
        incarnationMax: 6,
      }),
    };
    const { run, start, remarks } = openRun(damaged, tinyJob(), false);
    expect(run.id).toBe(id);
    expect(start?.from.version).toEqual({ incarnation: 7, step: 0 });
    expect(remarks).toEqual([`The checkpoint of step 9 of ${id} is damaged and was passed over.`]);
    expect(store.history(id, 0, 10).map(({ entry }) => entry)).toEqual([
      { kind: 'damaged', version: '6-9' },
      { kind: 'recovered', version: '7-0' },
    ]);
  });
});
