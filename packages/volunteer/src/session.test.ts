import { describe, expect, test } from 'vitest';
import type { Event } from './event.ts';
import { PLAIN_CONDITIONS } from './governor.ts';
import { phaseOf, wakeAtMs } from './phase.ts';
import { isWanted } from './session.ts';
import {
  assign,
  CPU,
  driveSession,
  GPU,
  inShort,
  joinAnswer,
  joinedDriver,
  type SessionDriver,
  version,
} from './testing/session-driver.ts';

const phase = (driver: SessionDriver) => phaseOf(driver.session, driver.nowMs);
const computed = (lease: number, deviceMs = 100) => ({ type: 'computed', lease, deviceMs }) as const;
const accepted = (lease: number) =>
  ({ type: 'receipt-arrived', receipt: { lease, accepted: true } }) as const;

const UNKNOWN = {
  type: 'join-answered',
  reply: { joined: false, refusal: 'session-unknown', sentence: 'Join anew.' },
} as const;

/** The line breaks, and the next one is open. */
function breakLine(driver: SessionDriver): readonly string[] {
  driver.tell({ type: 'disconnected', why: 'gone' });
  driver.nowMs += 1_000;
  return inShort(driver.tell({ type: 'ticked' }, { type: 'connected' }));
}

describe('a visit begins', () => {
  test('[VS1] nothing is connected, prepared or computed before consent', () => {
    const driver = driveSession();
    const effects = driver.tell({ type: 'ticked' }, { type: 'connected' }, assign(1), joinAnswer());
    expect(effects).toEqual([]);
    expect(phase(driver)).toEqual({ at: 'asking' });
  });

  test('[VS2] consent leads by way of line, equipment and parameters to two leases', () => {
    const driver = driveSession();
    expect(inShort(driver.tell({ type: 'consented' }))).toEqual(['connect']);
    expect(inShort(driver.tell({ type: 'connected' }))).toEqual(['prepare 1']);
    driver.tell({ type: 'preparation-moved', ticket: 1, what: 'kernels', done: 2, total: 9 });
    expect(phase(driver)).toEqual({ at: 'preparing', what: 'kernels', done: 2, total: 9 });
    expect(inShort(driver.tell({ type: 'equipped', ticket: 1, device: GPU }))).toEqual(['join']);
    expect(inShort(driver.tell(joinAnswer()))).toEqual(['fetch-params 0']);
    expect(phase(driver)).toMatchObject({ at: 'preparing', what: 'parameters' });
    expect(inShort(driver.tell({ type: 'params-arrived', version: version(0) }))).toEqual(['pull', 'pull']);
    expect(phase(driver)).toEqual({ at: 'waiting' });
  });

  test('[VS3] a line that fails is tried again, later each time and never at the same moment as others', () => {
    const driver = driveSession();
    driver.tell({ type: 'consented' });
    const waits = Array.from({ length: 8 }, (_, attempt) => {
      driver.tell({ type: 'disconnected', why: 'no route' });
      expect(phase(driver)).toMatchObject({ at: 'connecting', attempt: attempt + 1, why: 'no route' });
      const waitMs = wakeAtMs(driver.session, driver.nowMs) - driver.nowMs;
      expect(inShort(driver.tell({ type: 'ticked' }))).toEqual([]);
      driver.nowMs += waitMs;
      expect(inShort(driver.tell({ type: 'ticked' }))).toEqual(['connect']);
      return waitMs;
    });
    expect(waits).toEqual([750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500, 22_500]);
    driver.random = 0;
    driver.tell({ type: 'disconnected', why: 'no route' });
    expect(wakeAtMs(driver.session, driver.nowMs) - driver.nowMs).toBe(15_000);
  });

  test('[VS3] joining alone does not make a bad line good: only work that counts does', () => {
    const driver = joinedDriver();
    driver.tell({ type: 'disconnected', why: 'gone' });
    driver.nowMs += 30_000;
    driver.tell(
      { type: 'ticked' },
      { type: 'connected' },
      { type: 'equipped', ticket: 2, device: GPU },
      joinAnswer(),
    );
    expect(driver.session.life).toMatchObject({ at: 'joined', attempt: 1 });
    driver.tell({ type: 'params-arrived', version: version(0) }, assign(1), computed(1), accepted(1));
    expect(driver.session.life).toMatchObject({ at: 'joined', attempt: 0 });
  });

  test('[VS4] a full server is tried again, after what it says and a random time; a wrong page is not', () => {
    const driver = driveSession();
    driver.tell({ type: 'consented' }, { type: 'connected' }, { type: 'equipped', ticket: 1, device: GPU });
    const full = { joined: false, refusal: 'server-full', sentence: 'Full.', retryAfterMs: 5_000 } as const;
    expect(inShort(driver.tell({ type: 'join-answered', reply: full }))).toEqual(['leave']);
    expect(wakeAtMs(driver.session, driver.nowMs)).toBe(driver.nowMs + 5_000 + 2_500 * driver.random);

    const other = driveSession();
    other.tell({ type: 'consented' }, { type: 'connected' }, { type: 'equipped', ticket: 1, device: GPU });
    const wrong = { joined: false, refusal: 'layout-mismatch', sentence: 'Reload.' } as const;
    expect(inShort(other.tell({ type: 'join-answered', reply: wrong }))).toEqual(['leave', 'retire']);
    expect(phase(other)).toEqual({ at: 'refused', refusal: 'layout-mismatch', sentence: 'Reload.' });
  });

  test('[VS5] a job that has ended is over, whether one joins it or is in it', () => {
    const driver = driveSession();
    driver.tell({ type: 'consented' }, { type: 'connected' }, { type: 'equipped', ticket: 1, device: GPU });
    expect(inShort(driver.tell(joinAnswer('finished')))).toEqual(['leave', 'retire']);
    expect(phase(driver)).toEqual({ at: 'over', status: 'finished' });

    const inside = joinedDriver();
    inside.tell({ type: 'status-changed', status: 'stopped' });
    expect(phase(inside)).toEqual({ at: 'over', status: 'stopped' });
  });

  test('[VS6] in a new session the program is looked at again and no old parameters are trusted', () => {
    const driver = joinedDriver();
    driver.tell({ type: 'disconnected', why: 'gone' });
    driver.nowMs += 1_000;
    driver.tell({ type: 'ticked' }, { type: 'connected' });
    expect(inShort(driver.tell(UNKNOWN))).toEqual(['prepare 2']);
    expect(inShort(driver.tell({ type: 'equipped', ticket: 2, device: GPU }))).toEqual(['join']);
    expect(inShort(driver.tell(joinAnswer()))).toEqual(['fetch-params 0']);
  });

  test('[VS6] what answers an older preparation comes too late', () => {
    const driver = driveSession();
    driver.tell({ type: 'consented' }, { type: 'connected' }, { type: 'disconnected', why: 'gone' });
    driver.nowMs += 1_000;
    expect(inShort(driver.tell({ type: 'ticked' }, { type: 'connected' }))).toEqual(['connect', 'prepare 2']);
    expect(driver.tell({ type: 'equipped', ticket: 1, device: GPU })).toEqual([]);
    expect(inShort(driver.tell({ type: 'equipped', ticket: 2, device: GPU }))).toEqual(['join']);
  });
});

describe('where nobody waits', () => {
  const arrived = (step: number) => ({ type: 'params-arrived', version: version(step) }) as const;

  test('[VL13] a lease outlives as many versions as the strategy allows, and is begun with the newest parameters that are here', () => {
    const driver = joinedDriver(undefined, 2);
    driver.tell(assign(1), assign(2, { deadlineInMs: 9_000 }));
    expect(inShort(driver.tell(arrived(1), arrived(2)))).toEqual([]);
    expect(inShort(driver.tell(computed(1)))).toEqual(['send 1', 'compute 2', 'pull']);
    driver.tell(assign(3, { version: version(2), deadlineInMs: 9_000 }));
    driver.tell(arrived(3));
    // Three versions have followed that of the second: nobody will take its answer.
    expect(inShort(driver.tell(computed(2)))).not.toContain('send 2');
    expect(driver.session.equipment).toMatchObject({ at: 'busy', lease: { id: 3 } });
  });

  test('[VL13] a check is begun with its own parameters only', () => {
    const driver = joinedDriver(undefined, 2);
    driver.tell(arrived(1));
    expect(inShort(driver.tell(assign(1, { kind: 'evaluate' })))).not.toContain('compute 1');
    expect(inShort(driver.tell(assign(2, { version: version(1) })))).toContain('compute 2');
  });
});

test('[VL15] parameters that are gone because newer ones came are passed over for the newest', () => {
  const driver = joinedDriver(undefined, 8);
  const gone = { failure: 'gone', sentence: 'This version is no longer kept.' } as const;
  const failed = (step: number): Event => ({ type: 'params-failed', version: version(step), failure: gone });
  driver.tell(assign(1, { version: version(3) }));
  driver.nowMs += 1_500;
  expect(inShort(driver.tell({ type: 'ticked' }))).toContain('fetch-params 3');
  driver.tell(assign(2, { version: version(12) }));
  driver.nowMs += 1_500;
  expect(inShort(driver.tell(failed(3)))).toContain('fetch-params 12');
  expect(inShort(driver.tell(failed(12)))).toEqual(['leave']);
});

describe('work that takes many steps', () => {
  test('[VL14] is wanted while its lease lives and the tab may work, also where the line is broken', () => {
    const isStillWanted = ({ session, nowMs }: SessionDriver) =>
      session.equipment.at === 'busy' && isWanted(session, session.equipment.lease, nowMs);
    const driver = joinedDriver();
    driver.tell(assign(1));
    expect(isStillWanted(driver)).toBe(true);
    driver.tell({ type: 'disconnected', why: 'gone' });
    expect(isStillWanted(driver)).toBe(true);
    const endings: readonly Event[] = [
      { type: 'status-changed', status: 'paused' },
      { type: 'params-arrived', version: version(1) },
      { type: 'stop-asked' },
    ];
    for (const ending of endings) {
      const other = joinedDriver();
      other.tell(assign(1), ending);
      expect(isStillWanted(other)).toBe(false);
    }
  });
});

describe('a line that breaks', () => {
  test('[VS7] takes nothing with it that the server still knows: the device goes on, and the session with it', () => {
    const driver = joinedDriver();
    driver.tell(assign(1), assign(2, { deadlineInMs: 9_000 }));
    expect(breakLine(driver)).toEqual(['connect', 'resume']);
    const lives = [1, 2].map((lease) => ({ lease, received: 0 }));
    expect(inShort(driver.tell(joinAnswer('running', 0, lives)))).toEqual([]);
    expect(inShort(driver.tell(computed(1)))).toEqual(['send 1', 'compute 2', 'pull']);
  });

  test('[VS7] answers that were on their way go on from where the server has got to', () => {
    const driver = joinedDriver();
    driver.tell(assign(1), assign(2), computed(1), computed(2), assign(3));
    breakLine(driver);
    const lives = [
      { lease: 1, received: 'all' as const },
      { lease: 2, received: 512 },
      { lease: 3, received: 0 },
    ];
    expect(inShort(driver.tell(joinAnswer('running', 0, lives)))).toEqual(['send 2 from 512', 'pull']);
    expect(inShort(driver.tell(accepted(1), accepted(2)))).toEqual(['credit 1', 'credit 2']);
  });

  test('[VS7] an answer that was finished without a line is sent on the next one', () => {
    const driver = joinedDriver();
    driver.tell(assign(1), { type: 'disconnected', why: 'gone' });
    expect(driver.tell(computed(1))).toEqual([]);
    driver.nowMs += 1_000;
    driver.tell({ type: 'ticked' }, { type: 'connected' });
    expect(inShort(driver.tell(joinAnswer('running', 0, [{ lease: 1, received: 0 }])))).toEqual([
      'send 1',
      'pull',
      'pull',
    ]);
  });

  test('[VS8] what the server does not name is forgotten, and what only the server knows of goes back', () => {
    const driver = joinedDriver();
    driver.tell(assign(1), computed(1), assign(2));
    breakLine(driver);
    expect(inShort(driver.tell(joinAnswer('running', 0, [{ lease: 9, received: 0 }])))).toEqual([
      'release 9',
      'pull',
      'pull',
    ]);
    expect(inShort(driver.tell(computed(2), accepted(1)))).toEqual([]);
  });

  test('[VS9] an answer that the server names as accepted is credited, though its receipt was lost, and no other is', () => {
    const driver = joinedDriver();
    driver.tell(assign(1), computed(1), assign(2), computed(2));
    breakLine(driver);
    const named = driver.tell(joinAnswer('running', 1, [], undefined, [1, 7]));
    expect(inShort(named).filter((effect) => effect.startsWith('credit'))).toEqual(['credit 1']);
    expect(inShort(driver.tell(accepted(1), accepted(2)))).toEqual([]);
  });

  test('[VS8] parameters that came meanwhile are fetched at once', () => {
    const driver = joinedDriver();
    breakLine(driver);
    expect(inShort(driver.tell(joinAnswer('running', 3)))).toContain('fetch-params 3');
  });

  test('[VS8] samples that cannot be had without a line cost their lease and nothing else', () => {
    const driver = joinedDriver();
    driver.tell(assign(1), assign(2, { deadlineInMs: 9_000 }), { type: 'disconnected', why: 'gone' });
    const failure = { failure: 'unreachable', sentence: 'No network.' } as const;
    expect(driver.tell({ type: 'not-computed', lease: 1, failure })).toEqual([]);
    driver.nowMs += 1_000;
    driver.tell({ type: 'ticked' }, { type: 'connected' });
    const lives = [1, 2].map((lease) => ({ lease, received: 0 }));
    expect(inShort(driver.tell(joinAnswer('running', 0, lives)))).toEqual(['release 1', 'compute 2', 'pull']);
  });
});

describe('leases', () => {
  test('[VL1] one is computed, one waits, and the next is pulled while the device computes', () => {
    const driver = joinedDriver();
    expect(inShort(driver.tell(assign(1)))).toEqual(['compute 1']);
    expect(inShort(driver.tell(assign(2, { run: { first: 2, count: 2 } })))).toEqual([]);
    expect(phase(driver)).toEqual({ at: 'working', kind: 'train', first: 0, count: 2 });
    expect(inShort(driver.tell(computed(1)))).toEqual(['send 1', 'compute 2', 'pull']);
    expect(inShort(driver.tell(accepted(1)))).toEqual(['credit 1']);
  });

  test('[VL2] a lease beyond the second goes back at once', () => {
    const driver = joinedDriver();
    driver.tell(assign(1), assign(2));
    expect(inShort(driver.tell(assign(3)))).toEqual(['release 3']);
  });

  test('[VL3] what was not begun at its deadline goes back and another is asked for', () => {
    const driver = joinedDriver();
    driver.tell(assign(1, { deadlineInMs: 5_000 }), assign(2));
    driver.nowMs = wakeAtMs(driver.session, driver.nowMs);
    expect(driver.nowMs).toBe(2_000);
    expect(inShort(driver.tell({ type: 'ticked' }))).toEqual(['release 2', 'pull']);
  });

  test('[VL4] what is under way at its deadline is finished and sent, for the first answer counts', () => {
    const driver = joinedDriver();
    driver.tell(assign(1));
    driver.nowMs += 1_500;
    expect(inShort(driver.tell(computed(1)))).toEqual(['send 1', 'pull']);
  });

  test('[VL11] after twice its span nobody waits for an answer, and it is sent to be compared', () => {
    const driver = joinedDriver();
    driver.tell(assign(1));
    driver.nowMs += 2_000;
    expect(inShort(driver.tell({ type: 'ticked' }))).toEqual(['pull']);
    expect(inShort(driver.tell(computed(1)))).toEqual(['send-late 1']);
    expect(inShort(driver.tell(assign(2)))).toEqual(['compute 2']);
    driver.nowMs += 2_000;
    expect(inShort(driver.tell(computed(2)))).toEqual(['send-late 2', 'pull']);
  });

  test('[VL11] so it is when its round is over, but not when the next one is over too, nor in another session', () => {
    const driver = joinedDriver();
    driver.tell(assign(1), { type: 'params-arrived', version: version(1) });
    expect(inShort(driver.tell(computed(1)))).toEqual(['send-late 1']);
    driver.tell(assign(2, { version: version(1) }), { type: 'params-arrived', version: version(3) });
    expect(inShort(driver.tell(computed(2)))).toEqual([]);
    driver.tell(assign(3, { version: version(3) }), { type: 'params-arrived', version: version(4) });
    breakLine(driver);
    expect(inShort(driver.tell(joinAnswer('running', 4), computed(3)))).toEqual(['pull', 'pull']);
  });

  test('[VL5] newer parameters end every lease of an older round', () => {
    const driver = joinedDriver();
    driver.tell(assign(1), assign(2));
    expect(inShort(driver.tell({ type: 'params-arrived', version: version(1) }))).toEqual([
      'release 2',
      'pull',
      'pull',
    ]);
    expect(inShort(driver.tell(assign(3, { version: version(1) })))).toEqual([]);
    expect(inShort(driver.tell(computed(1)))).toEqual(['send-late 1', 'compute 3']);
  });

  test('[VL6] a lease ahead of its parameters waits for their frame', () => {
    const driver = joinedDriver();
    expect(inShort(driver.tell(assign(1, { version: version(1) })))).toEqual([]);
    expect(inShort(driver.tell({ type: 'params-arrived', version: version(1) }))).toEqual(['compute 1']);
  });

  test('[VL6] and if the frame does not come, they are fetched', () => {
    const driver = joinedDriver();
    driver.tell(assign(1, { version: version(1), deadlineInMs: 9_000 }));
    driver.nowMs = wakeAtMs(driver.session, driver.nowMs);
    expect(inShort(driver.tell({ type: 'ticked' }))).toEqual(['fetch-params 1']);
    expect(inShort(driver.tell({ type: 'ticked' }))).toEqual([]);
    expect(inShort(driver.tell({ type: 'params-arrived', version: version(1) }))).toEqual(['compute 1']);
  });

  test('[VL16] on a line of which nothing is known yet nobody waits for a frame that may be too long for it', () => {
    const driver = driveSession();
    driver.tell({ type: 'consented' }, { type: 'connected' }, { type: 'equipped', ticket: 1, device: GPU });
    driver.tell(joinAnswer(), { type: 'params-arrived', version: version(0) });
    expect(inShort(driver.tell(assign(1, { version: version(1) })))).toEqual(['fetch-params 1']);
    driver.tell({ type: 'params-arrived', version: version(1), downloadMs: 2_001 });
    expect(inShort(driver.tell(assign(2, { version: version(2) })))).not.toContain('fetch-params 2');
  });

  test('[VL12] parameters that have drifted are fetched at once, and what is leased waits for them', () => {
    const driver = joinedDriver();
    expect(inShort(driver.tell({ type: 'params-drifted', newest: version(1) }))).toEqual(['fetch-params 1']);
    expect(inShort(driver.tell(assign(1, { version: version(1) })))).toEqual([]);
    expect(inShort(driver.tell({ type: 'params-arrived', version: version(1) }))).toEqual(['compute 1']);
  });

  test('[VL10] who downloads quickly asks for long frames too, once on a line; who does not goes on fetching', () => {
    const framed = (step: number) => ({ type: 'params-arrived', version: version(step) }) as const;
    const arrived = (step: number, downloadMs: number) => ({ ...framed(step), downloadMs });
    const driver = driveSession();
    driver.tell({ type: 'consented' }, { type: 'connected' }, { type: 'equipped', ticket: 1, device: GPU });
    driver.tell(joinAnswer());
    expect(inShort(driver.tell(arrived(0, 2_001)))).toEqual(['pull', 'pull']);
    expect(inShort(driver.tell(framed(1)))).toEqual([]);
    expect(inShort(driver.tell(arrived(2, 2_000)))).toEqual(['subscribe']);
    expect(inShort(driver.tell(arrived(3, 10)))).toEqual([]);
    breakLine(driver);
    expect(inShort(driver.tell(joinAnswer('running', 4), arrived(4, 10)))).toContain('subscribe');
  });

  test('[VL7] parameters or samples that cannot be had give the line up, leases and all, until later', () => {
    const unreachable = { failure: 'unreachable', sentence: 'The server did not answer.' } as const;
    const driver = joinedDriver();
    driver.tell(assign(1));
    expect(inShort(driver.tell({ type: 'not-computed', lease: 1, failure: unreachable }))).toEqual(['leave']);
    expect(phase(driver)).toMatchObject({ at: 'connecting', why: unreachable.sentence });
  });

  test('[VL9] a small model on a fast device asks no faster than the server listens', () => {
    const driver = joinedDriver();
    let asked = 2;
    for (let lease = 1; lease <= asked; lease++) {
      asked += driver.tell(assign(lease), computed(lease, 0)).filter(({ type }) => type === 'pull').length;
    }
    expect(asked).toBe(434);
    expect(phase(driver)).toEqual({ at: 'waiting' });
    driver.nowMs = wakeAtMs(driver.session, driver.nowMs);
    expect(inShort(driver.tell({ type: 'ticked' }))).toEqual(['pull']);
  });

  test('[VL8] a receipt is credited once', () => {
    const driver = joinedDriver();
    driver.tell(assign(1), computed(1));
    expect(inShort(driver.tell(accepted(1), accepted(1)))).toEqual(['credit 1']);
  });

  test('[VL8] a refused answer is no credit and ends nothing', () => {
    const driver = joinedDriver();
    driver.tell(assign(1), computed(1));
    const receipt = { lease: 1, accepted: false, refusal: 'already-in' } as const;
    expect(driver.tell({ type: 'receipt-arrived', receipt }, accepted(1))).toEqual([]);
    expect(phase(driver)).toEqual({ at: 'waiting' });
  });
});

describe('while another class of device serves', () => {
  const OTHER = { ...GPU, vendor: 'w' };
  const turn = (driver: SessionDriver) => phase(driver).at;

  test('[XC13] a volunteer goes on asking, and says whose turn it is until it is its own', () => {
    const driver = driveSession();
    driver.tell({ type: 'consented' }, { type: 'connected' }, { type: 'equipped', ticket: 1, device: GPU });
    driver.tell(joinAnswer('running', 0, [], OTHER));
    expect(inShort(driver.tell({ type: 'params-arrived', version: version(0) }))).toEqual(['pull', 'pull']);
    expect(phase(driver)).toEqual({ at: 'standing-by', serving: OTHER });
    expect(driver.tell({ type: 'serving-changed', device: GPU })).toEqual([]);
    expect(turn(driver)).toBe('waiting');
    driver.tell(assign(1), { type: 'serving-changed', device: OTHER });
    // What is on the device is shown, whoever has the turn.
    expect(turn(driver)).toBe('working');
    driver.tell(computed(1));
    expect(turn(driver)).toBe('standing-by');
  });

  test('[XC13] a person’s own reasons to rest are told first, and another line brings the newest word', () => {
    const driver = joinedDriver();
    driver.tell({ type: 'serving-changed', device: OTHER });
    driver.tell({ type: 'conditions-changed', conditions: { ...PLAIN_CONDITIONS, saveData: true } });
    expect(turn(driver)).toBe('resting');
    driver.tell({ type: 'conditions-changed', conditions: PLAIN_CONDITIONS });
    expect(turn(driver)).toBe('standing-by');
    breakLine(driver);
    driver.tell(joinAnswer('running', 0, [], GPU));
    expect(turn(driver)).toBe('waiting');
  });
});

describe('resting', () => {
  const gently = { ...PLAIN_CONDITIONS, intensity: 0.25 };

  test('[VR1] at a quarter, three times as long as the work took nothing is held and nothing computed', () => {
    const driver = joinedDriver(gently);
    driver.tell(assign(1));
    driver.nowMs += 100;
    expect(inShort(driver.tell(computed(1, 100)))).toEqual(['send 1']);
    expect(phase(driver)).toMatchObject({ at: 'resting', why: 'intensity' });
    driver.nowMs += 299;
    expect(driver.tell({ type: 'ticked' })).toEqual([]);
    driver.nowMs += 1;
    expect(inShort(driver.tell({ type: 'ticked' }))).toEqual(['pull']);
  });

  test('[VR2] who begins to rest gives back what was not begun and finishes what was', () => {
    const driver = joinedDriver();
    driver.tell(assign(1), assign(2));
    const conditions = { ...PLAIN_CONDITIONS, saveData: true };
    expect(inShort(driver.tell({ type: 'conditions-changed', conditions }))).toEqual(['release 2']);
    expect(inShort(driver.tell(computed(1)))).toEqual(['send 1']);
    expect(phase(driver)).toMatchObject({ at: 'resting', why: 'data-saver' });
  });

  test('[VR2] a lease that arrives while resting goes back at once', () => {
    const driver = joinedDriver();
    driver.tell({ type: 'status-changed', status: 'paused' });
    expect(inShort(driver.tell(assign(1)))).toEqual(['release 1']);
    expect(inShort(driver.tell({ type: 'status-changed', status: 'running' }))).toEqual(['pull']);
  });
});

describe('the device', () => {
  const lost = { type: 'device-lost', sentence: 'The graphics device was lost.' } as const;

  test('[VD1] when it is lost the leases go back, a new engine is made, and the volunteer goes on', () => {
    const driver = joinedDriver();
    driver.tell(assign(1), assign(2));
    expect(inShort(driver.tell(lost))).toEqual(['prepare 2', 'release 1', 'release 2']);
    expect(phase(driver)).toMatchObject({ at: 'preparing', what: 'program' });
    expect(inShort(driver.tell({ type: 'equipped', ticket: 2, device: GPU }))).toEqual(['pull', 'pull']);
  });

  test('[VD2] another device than the server was told of joins anew', () => {
    const driver = joinedDriver();
    driver.tell(lost);
    expect(inShort(driver.tell({ type: 'equipped', ticket: 2, device: CPU }))).toEqual(['leave', 'connect']);
  });

  test('[VD3] a device that is lost again and again without finishing anything is given up', () => {
    const driver = joinedDriver();
    for (const ticket of [2, 3, 4]) driver.tell(lost, { type: 'equipped', ticket, device: GPU });
    expect(inShort(driver.tell(lost))).toEqual(['leave', 'retire']);
    expect(phase(driver)).toEqual({ at: 'failed', sentence: lost.sentence });
  });

  test('[VD3] work that it finished in between forgives a loss', () => {
    const driver = joinedDriver();
    for (const ticket of [2, 3, 4, 5, 6]) {
      driver.tell(lost, { type: 'equipped', ticket, device: GPU }, assign(ticket), computed(ticket));
    }
    expect(driver.session.life.at).toBe('joined');
  });

  test('[VD4] a device that cannot compute the model fails with the reason', () => {
    const driver = driveSession();
    driver.tell({ type: 'consented' }, { type: 'connected' });
    const failure = { failure: 'incapable', sentence: 'No backend here can train this model.' } as const;
    driver.tell({ type: 'not-equipped', ticket: 1, failure });
    expect(phase(driver)).toEqual({ at: 'failed', sentence: failure.sentence });
  });

  test('[VD5] a computation that an older session left behind is waited for before anything else is begun', () => {
    const driver = joinedDriver();
    driver.tell(assign(1));
    breakLine(driver);
    expect(inShort(driver.tell(UNKNOWN))).toEqual([]);
    expect(inShort(driver.tell(computed(1)))).toEqual(['prepare 2']);
  });
});

describe('a visit ends', () => {
  test('[VE1] stop gives everything back at once and nothing happens afterwards', () => {
    const driver = joinedDriver();
    driver.tell(assign(1), assign(2));
    expect(inShort(driver.tell({ type: 'stop-asked' }))).toEqual(['leave', 'retire']);
    expect(phase(driver)).toEqual({ at: 'stopped' });
    expect(driver.tell(computed(1), assign(3), { type: 'consented' }, { type: 'ticked' })).toEqual([]);
  });

  test('[VE2] a message that no server of this protocol sends ends the visit with a sentence', () => {
    const driver = joinedDriver();
    driver.tell({ type: 'malformed', sentence: 'The server sent an assignment that is none.' });
    expect(phase(driver)).toMatchObject({ at: 'refused', refusal: 'message-malformed' });
  });

  test('[VE3] who is dismissed leaves; a server that is about to stop is tried again, when it says', () => {
    const driver = joinedDriver();
    driver.tell({ type: 'dismissed', message: { refusal: 'server-stopping', sentence: 'Back soon.' } });
    expect(phase(driver)).toMatchObject({ at: 'connecting', why: 'Back soon.' });

    const told = joinedDriver();
    const message = { refusal: 'address-full', sentence: 'Too many.', retryAfterMs: 30_000 } as const;
    told.tell({ type: 'dismissed', message });
    expect(wakeAtMs(told.session, told.nowMs)).toBe(told.nowMs + 30_000 + 15_000 * told.random);

    const other = joinedDriver();
    other.tell({ type: 'dismissed', message: { refusal: 'too-many-refusals', sentence: 'Enough.' } });
    expect(phase(other)).toMatchObject({ at: 'refused', refusal: 'too-many-refusals' });
  });
});

describe('a gap for another engine', () => {
  const wished = { type: 'engine-wished', engine: 'jax-wasm' } as const;
  const auditioned = (device = GPU) => ({ type: 'auditioned', device, spentMs: 200 }) as const;

  /** All is computed and answered, and another engine is wished for. */
  function inGap(): SessionDriver {
    const driver = joinedDriver();
    driver.tell(assign(1), wished, computed(1), assign(2), computed(2), accepted(1));
    expect(inShort(driver.tell(accepted(2)))).toEqual(['credit 2', 'audition jax-wasm']);
    return driver;
  }

  test('[VG1] another engine is tried once everything is computed and answered, and nothing more is asked for till then', () => {
    const driver = joinedDriver();
    driver.tell(assign(1));
    expect(inShort(driver.tell(wished))).toEqual([]);
    expect(inShort(driver.tell(computed(1)))).toEqual(['send 1']);
    expect(inShort(driver.tell(accepted(1)))).toEqual(['credit 1']);
    expect(inShort(driver.tell(assign(2)))).toEqual(['compute 2']);
    expect(inShort(driver.tell(computed(2)))).toEqual(['send 2']);
    expect(inShort(driver.tell(accepted(2)))).toEqual(['credit 2', 'audition jax-wasm']);
    expect(phase(driver)).toEqual({ at: 'waiting' });
  });

  test('[VG1] nor while this tab may not work', () => {
    const driver = joinedDriver();
    driver.tell(assign(1), wished, assign(2), computed(1), computed(2), accepted(1));
    driver.tell({ type: 'status-changed', status: 'paused' });
    expect(inShort(driver.tell(accepted(2)))).toEqual(['credit 2']);
    expect(inShort(driver.tell({ type: 'status-changed', status: 'running' }))).toEqual([
      'audition jax-wasm',
    ]);
  });

  test('[VG2] who stays what it was goes on as before, after the rest that such work brings about', () => {
    const driver = inGap();
    expect(inShort(driver.tell(assign(3)))).toEqual(['release 3']);
    expect(inShort(driver.tell(auditioned()))).toEqual(['pull', 'pull']);
    const half = inGap();
    half.tell({ type: 'conditions-changed', conditions: { ...PLAIN_CONDITIONS, intensity: 0.5 } });
    expect(inShort(half.tell(auditioned()))).toEqual([]);
    half.nowMs += 200;
    expect(inShort(half.tell({ type: 'ticked' }))).toEqual(['pull']);
  });

  test('[VG3] who is of another class then leaves and joins as that', () => {
    const driver = inGap();
    expect(inShort(driver.tell(auditioned(CPU)))).toEqual(['leave', 'connect']);
    expect(inShort(driver.tell({ type: 'connected' }))).toEqual(['prepare 2']);
    const effects = driver.tell({ type: 'equipped', ticket: 2, device: CPU });
    expect(effects).toEqual([{ type: 'join', device: CPU, resume: undefined }]);
  });

  test('[VG4] a line that breaks in the gap is mended when the gap is over', () => {
    const driver = inGap();
    expect(breakLine(driver)).toEqual(['connect']);
    expect(inShort(driver.tell(auditioned()))).toEqual(['prepare 2']);
    expect(inShort(driver.tell({ type: 'equipped', ticket: 2, device: GPU }))).toEqual(['resume']);
    const other = inGap();
    breakLine(other);
    other.tell(auditioned(CPU));
    expect(inShort(other.tell({ type: 'equipped', ticket: 2, device: CPU }))).toEqual(['join']);
  });

  test('[VG4] a device that is lost in the gap is replaced, and what is said of it then comes too late', () => {
    const driver = inGap();
    expect(inShort(driver.tell({ type: 'device-lost', sentence: 'Gone.' }))).toEqual(['prepare 2']);
    expect(driver.tell(auditioned(CPU))).toEqual([]);
    expect(inShort(driver.tell({ type: 'equipped', ticket: 2, device: GPU }))).toEqual(['pull', 'pull']);
  });
});
