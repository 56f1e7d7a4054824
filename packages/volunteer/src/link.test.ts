import { describe, expect, test } from 'vitest';
import { linkVolunteer, type VolunteerLink } from './link.ts';
import type { VolunteerMirror } from './mirror.ts';
import { createMemoryBrowser, type MemoryTab } from './testing/memory-browser.ts';

const OPTIONS = { server: 'http://server', job: 'digits', each: false, intensity: 0.5 };

const linkIn = (tab: MemoryTab, changes = {}) => linkVolunteer({ ...OPTIONS, ...changes }, tab);
const phase = (link: VolunteerLink) => link.current().phase.at;

/** Resolves when this holds; what waits is locks, which are granted a few microtasks later. */
async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 50 && !holds(); turn++) await Promise.resolve();
  expect(holds()).toBe(true);
}

function working(
  link: VolunteerLink,
  samplesPerSecond = 12,
  units = 0,
): { type: 'mirror'; mirror: VolunteerMirror } {
  const given = { units, samples: units, rounds: units };
  const mirror = {
    ...link.current(),
    phase: { at: 'waiting' },
    volunteer: 4,
    samplesPerSecond,
    given,
  } as const;
  return { type: 'mirror', mirror };
}

describe('a link', () => {
  test('[LK1] no worker exists before consent, whatever else is asked for', async () => {
    const tab = createMemoryBrowser().openTab();
    const link = linkIn(tab);
    link.setIntensity(1);
    link.stop();
    await Promise.resolve();
    expect([tab.workers, phase(link)]).toEqual([[], 'asking']);
  });

  test('[LK1] after it the worker is told everything that it needs, and shown', async () => {
    const tab = createMemoryBrowser().openTab();
    const link = linkIn(tab, { engine: 'tfjs-cpu' });
    let calls = 0;
    link.subscribe(() => calls++);
    link.consent();
    await until(() => tab.workers.length === 1);
    const conditions = { intensity: 0.5, visibility: 'visible', power: { from: 'mains' }, saveData: false };
    expect(tab.workers[0]!.heard).toEqual([
      {
        type: 'begin',
        server: 'http://server',
        job: 'digits',
        account: '0'.repeat(32),
        conditions,
        remembered: [],
        engine: 'tfjs-cpu',
      },
    ]);
    const before = calls;
    tab.workers[0]!.say(working(link));
    expect(link.current()).toMatchObject({ phase: { at: 'waiting' }, samplesPerSecond: 12 });
    expect(calls).toBe(before + 1);
  });

  test('[LK2] one tab works, the others show it, and one takes over when it closes', async () => {
    const browser = createMemoryBrowser();
    const tabs = [browser.openTab(), browser.openTab(), browser.openTab()] as const;
    const links = tabs.map((tab) => linkIn(tab)) as [VolunteerLink, VolunteerLink, VolunteerLink];
    links[0].consent();
    await until(() => tabs[0].workers.length === 1);
    links[1].consent();
    await until(() => phase(links[1]) === 'mirroring');
    tabs[0].workers[0]!.say(working(links[0]));
    expect(links[1].current()).toMatchObject({
      phase: { at: 'mirroring' },
      volunteer: 4,
      samplesPerSecond: 12,
    });
    expect(phase(links[2])).toBe('asking');

    links[0].close();
    expect(tabs[0].workers[0]!.ended).toBe(true);
    await until(() => tabs[1].workers.length === 1);
    expect(phase(links[1])).toBe('connecting');
    expect(tabs[2].workers).toEqual([]);
  });

  test('[LK2] a tab that comes later sees at once what the working one does', async () => {
    const browser = createMemoryBrowser();
    const [first, second] = [browser.openTab(), browser.openTab()];
    const [working1, mirroring] = [linkIn(first), linkIn(second)];
    working1.consent();
    await until(() => first.workers.length === 1);
    first.workers[0]!.say(working(working1, 99));
    mirroring.consent();
    await until(() => mirroring.current().samplesPerSecond === 99);
    expect(phase(mirroring)).toBe('mirroring');
  });

  test('[LK3] every tab works for itself where it is asked to, and where the browser has no locks', async () => {
    for (const [browser, each] of [
      [createMemoryBrowser(), true],
      [createMemoryBrowser({ hasLocks: false }), false],
    ] as const) {
      const tabs = [browser.openTab(), browser.openTab()];
      for (const tab of tabs) linkIn(tab, { each }).consent();
      expect(tabs.map(({ workers }) => workers.length)).toEqual([1, 1]);
    }
  });

  test('[LK4] a stop pressed in any tab stops all of them, and nobody takes over', async () => {
    const browser = createMemoryBrowser();
    const [first, second] = [browser.openTab(), browser.openTab()];
    const [one, two] = [linkIn(first), linkIn(second)];
    one.consent();
    await until(() => first.workers.length === 1);
    two.consent();
    await until(() => phase(two) === 'mirroring');
    two.stop();
    expect([phase(one), phase(two)]).toEqual(['stopped', 'stopped']);
    expect(first.workers[0]!.heard.at(-1)).toEqual({ type: 'stop' });
    first.workers[0]!.say({ type: 'ended' });
    await new Promise((resolve) => setImmediate(resolve));
    expect([first.workers.length, second.workers.length]).toEqual([1, 0]);
  });

  test('[LK4] a yes after a stop works again as soon as the last goodbye is said', async () => {
    const tab = createMemoryBrowser().openTab();
    const link = linkIn(tab);
    link.consent();
    await until(() => tab.workers.length === 1);
    link.stop();
    link.consent();
    tab.workers[0]!.say(working(link));
    expect(phase(link)).not.toBe('waiting');
    tab.workers[0]!.say({ type: 'ended' });
    await until(() => tab.workers.length === 2);
    tab.workers[1]!.say(working(link));
    expect(phase(link)).toBe('waiting');
  });

  test('[LK5] intensity is bounded, reaches the worker, and is the same in all tabs', async () => {
    const browser = createMemoryBrowser();
    const [first, second] = [browser.openTab(), browser.openTab()];
    const [one, two] = [linkIn(first), linkIn(second)];
    one.consent();
    await until(() => first.workers.length === 1);
    two.setIntensity(0);
    expect([one.current().intensity, two.current().intensity]).toEqual([0.1, 0.1]);
    expect(first.workers[0]!.heard.at(-1)).toMatchObject({
      type: 'conditions',
      conditions: { intensity: 0.1 },
    });
    one.setIntensity(7);
    expect(two.current().intensity).toBe(1);
  });

  test('[LK6] a worker that crashes is replaced without a click, later each time, and what it gave is kept', async () => {
    const tab = createMemoryBrowser().openTab();
    const link = linkIn(tab);
    link.consent();
    await until(() => tab.workers.length === 1);
    tab.workers[0]!.say(working(link, 12, 3));
    tab.workers[0]!.say({ type: 'crashed', sentence: 'It was ended.' });
    await until(() => tab.alarms.length === 1);
    expect(tab.workers[0]!.ended).toBe(true);
    const phase = { at: 'connecting', attempt: 1, retryAtMs: 1_000_500, why: 'It was ended.' };
    expect(link.current()).toMatchObject({ phase, given: { units: 3 } });
    tab.ring();
    await until(() => tab.workers.length === 2);
    expect(tab.workers[1]!.heard[0]).toEqual(tab.workers[0]!.heard[0]);
    tab.workers[1]!.say({ type: 'crashed', sentence: 'Again.' });
    await until(() => tab.alarms.length === 1);
    expect(tab.alarms).toEqual([1_000]);
    tab.ring();
    await until(() => tab.workers.length === 3);
    tab.workers[2]!.say(working(link, 12, 4));
    expect(link.current()).toMatchObject({ phase: { at: 'waiting' }, given: { units: 7 } });
    // It was of use, so the next wait is short again.
    tab.workers[2]!.say({ type: 'crashed', sentence: 'Once more.' });
    await until(() => tab.alarms.length === 1);
    expect(tab.alarms).toEqual([500]);
  });

  test('[LK7] workers that crash without ever giving anything are given up in a sentence, and a yes tries again', async () => {
    const tab = createMemoryBrowser().openTab();
    const link = linkIn(tab);
    link.consent();
    for (let crash = 1; crash <= 6; crash++) {
      await until(() => tab.workers.length === crash);
      tab.workers.at(-1)!.say({ type: 'crashed', sentence: 'It could not be loaded.' });
      await until(() => tab.alarms.length === 1 || phase(link) === 'failed');
      tab.ring();
    }
    const failed = { at: 'failed', sentence: 'It could not be loaded. Reload the page.' };
    expect([tab.workers.length, link.current().phase]).toEqual([6, failed]);
    await new Promise((resolve) => setImmediate(resolve));
    link.consent();
    await until(() => tab.workers.length === 7);
  });

  test('[LK8] a stop ends the wait for another worker', async () => {
    const browser = createMemoryBrowser();
    const tab = browser.openTab();
    const link = linkIn(tab);
    link.consent();
    await until(() => tab.workers.length === 1);
    tab.workers[0]!.say({ type: 'crashed', sentence: 'It was ended.' });
    await until(() => tab.alarms.length === 1);
    link.stop();
    expect([tab.alarms, phase(link)]).toEqual([[], 'stopped']);
    // The lock is free again.
    const other = browser.openTab();
    linkIn(other).consent();
    await until(() => other.workers.length === 1);
    expect(tab.workers.length).toBe(1);
  });

  test('[LK8] and nothing follows the crash of a worker that was saying goodbye', async () => {
    const tab = createMemoryBrowser().openTab();
    const link = linkIn(tab);
    link.consent();
    await until(() => tab.workers.length === 1);
    link.stop();
    tab.workers[0]!.say({ type: 'crashed', sentence: 'It was ended.' });
    await new Promise((resolve) => setImmediate(resolve));
    expect([tab.alarms, tab.workers.length, phase(link)]).toEqual([[], 1, 'stopped']);
  });

  test('[LK9] what a worker measures is remembered, and told to the next', async () => {
    const tab = createMemoryBrowser().openTab();
    const link = linkIn(tab);
    link.consent();
    await until(() => tab.workers.length === 1);
    const layoutHash = 'a'.repeat(64);
    const speed = { layoutHash, adapter: 'v a', engine: 'jax-wasm', secondsPerSample: 0.5 } as const;
    tab.workers[0]!.say({ type: 'measured', speed });
    tab.workers[0]!.say({ type: 'crashed', sentence: 'It stopped.' });
    await until(() => tab.alarms.length === 1);
    tab.ring();
    await until(() => tab.workers.length === 2);
    expect(tab.workers[1]!.heard[0]).toMatchObject({ type: 'begin', remembered: [speed] });
  });

  test('[LK10] a page that is about to go says so to its worker, if it has one', async () => {
    const tab = createMemoryBrowser().openTab();
    const link = linkIn(tab);
    tab.leave();
    link.consent();
    await until(() => tab.workers.length === 1);
    tab.leave();
    expect(tab.workers[0]!.heard.map(({ type }) => type)).toEqual(['begin', 'rest']);
    link.close();
    expect(tab.leave()).toBe(0);
  });
});
