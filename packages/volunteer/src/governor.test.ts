import { describe, expect, test } from 'vitest';
import { type Conditions, govern, PLAIN_CONDITIONS, restAfterMs } from './governor.ts';

const verdict = (changes: Partial<Conditions>, restUntilMs = 0) =>
  govern({ ...PLAIN_CONDITIONS, ...changes }, 'running', restUntilMs, 1_000);

describe('the governor', () => {
  test('[GV1] a tab may work when nothing speaks against it, hidden or not', () => {
    expect(verdict({})).toEqual({ may: true });
    expect(verdict({ visibility: 'hidden' })).toEqual({ may: true });
  });

  test('[GV2] it rests on the last fifth of a battery, and not while that is charging', () => {
    expect(verdict({ power: { from: 'battery', level: 0.19 } })).toMatchObject({
      may: false,
      why: 'battery',
    });
    expect(verdict({ power: { from: 'battery', level: 0.2 } })).toEqual({ may: true });
    expect(verdict({ power: { from: 'mains' } })).toEqual({ may: true });
  });

  test('[GV3] it rests while data is to be saved, while frozen, and while the job is paused', () => {
    expect(verdict({ saveData: true })).toMatchObject({ may: false, why: 'data-saver' });
    expect(verdict({ visibility: 'frozen' })).toMatchObject({ may: false, why: 'hidden' });
    expect(govern(PLAIN_CONDITIONS, 'paused', 0, 1_000)).toMatchObject({ may: false, why: 'job-paused' });
  });

  test('[GV4] after b ms of work come b·(1/i − 1) of rest', () => {
    expect(restAfterMs(200, 1)).toBe(0);
    expect(restAfterMs(200, 0.5)).toBe(200);
    expect(restAfterMs(200, 0.1)).toBeCloseTo(1_800);
    expect(verdict({ intensity: 0.5 }, 1_001)).toMatchObject({
      may: false,
      why: 'intensity',
      untilMs: 1_001,
    });
    expect(verdict({ intensity: 0.5 }, 1_000)).toEqual({ may: true });
  });

  test('[GV4] no intensity and no hiccup sends a tab away for longer than a minute', () => {
    expect(restAfterMs(1_000, 0)).toBeCloseTo(9_000);
    expect(restAfterMs(60_000, 0.1)).toBe(60_000);
  });
});
