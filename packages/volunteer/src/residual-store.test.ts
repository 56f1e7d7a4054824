import { describe, expect, test } from 'vitest';
import { residualStore } from './residual-store.ts';
import { residualBrowser } from './testing/residuals.ts';

const RUN = { server: 'http://server', name: 'digits-1 top-k', length: 3 };
const OTHER = { ...RUN, name: 'digits-2 top-k' };
const residual = () => Float32Array.of(1, -2, 0);
const NONE = { residual: undefined, lost: 0 };

describe('residuals of a browser', () => {
  test('[RS1] what was put in is taken out by one, as it was', async () => {
    const browser = residualBrowser();
    const first = browser.openStore();
    expect(await first.take(RUN)).toEqual(NONE);
    expect(await first.put(RUN, residual())).toBe(true);
    const takers = [browser.openStore(), browser.openStore()];
    const taken = await Promise.all(takers.map((store) => store.take(RUN)));
    expect(taken).toEqual([{ residual: residual(), lost: 0 }, NONE]);
  });

  test('[RS2] residuals of several tabs add up', async () => {
    const browser = residualBrowser();
    const tabs = [browser.openStore(), browser.openStore()];
    for (const tab of tabs) await tab.take(RUN);
    for (const tab of tabs) await tab.put(RUN, residual());
    expect(await tabs[0]!.take(RUN)).toEqual({ residual: Float32Array.of(2, -4, 0), lost: 0 });
  });

  test('[RS3] what is of an earlier run of the same server goes, and of another server stays', async () => {
    const browser = residualBrowser();
    const elsewhere = { ...OTHER, server: 'http://elsewhere' };
    const store = browser.openStore();
    for (const run of [RUN, elsewhere]) {
      await store.take(run);
      await store.put(run, residual());
    }
    expect(await store.take(OTHER)).toEqual(NONE);
    expect(await store.take(RUN)).toEqual(NONE);
    expect((await store.take(elsewhere)).residual).toEqual(residual());
  });

  test('[RS4] one that was not put in by a worker that is dead is lost, and told once', async () => {
    const browser = residualBrowser();
    const [dead, alive, ended] = [browser.openStore(), browser.openStore(), browser.openStore()];
    for (const store of [dead, alive, ended]) await store.take(RUN);
    await ended.put(RUN, undefined);
    ended.die();
    dead.die();
    const next = [browser.openStore(), browser.openStore()];
    const taken = await Promise.all(next.map((store) => store.take(RUN)));
    expect(taken.map(({ lost }) => lost)).toEqual([1, 0]);
    expect((await next[0]!.take(RUN)).lost).toBe(0);
  });

  test('[RS4] without locks nothing is told of the dead, and nothing of them is kept', async () => {
    const browser = residualBrowser({ hasLocks: false });
    await browser.openStore().take(RUN);
    expect(await browser.openStore().take(RUN)).toEqual(NONE);
    expect(await entriesOf(browser.databases)).toEqual([]);
  });

  test('[RS5] what is put in is written though its worker ends the moment after, and nothing is left of zeros', async () => {
    const browser = residualBrowser();
    const store = browser.openStore();
    await store.take(RUN);
    void store.put(RUN, residual());
    store.die();
    const next = browser.openStore();
    expect(await next.take(RUN)).toEqual({ residual: residual(), lost: 0 });
    await next.put(RUN, new Float32Array(3));
    expect(await entriesOf(browser.databases)).toEqual([]);
  });

  test('[RS6] where nothing can be kept, nothing breaks, and who puts in is told', async () => {
    const denied = residualStore({
      databases: () => {
        throw new Error('denied');
      },
      locks: undefined,
      lifeline: 'worker',
    });
    expect(await denied.take(RUN)).toEqual(NONE);
    expect(await denied.put(RUN, residual())).toBe(false);
  });
});

async function entriesOf(databases: IDBFactory): Promise<unknown[]> {
  const request = databases.open('manyhands');
  await new Promise((resolve) => {
    request.onsuccess = resolve;
  });
  const all = request.result.transaction('residuals').objectStore('residuals').getAll();
  await new Promise((resolve) => {
    all.onsuccess = resolve;
  });
  return all.result;
}
