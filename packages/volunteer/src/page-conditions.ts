/** What a page can see of its device and of the person's wishes for it; a worker cannot, so the page tells it. */

import type { Conditions, Power } from './governor.ts';

export type PageFacts = Omit<Conditions, 'intensity'>;

/** As much of a page as is looked at; browsers differ in what they have of it. */
export interface Page {
  readonly document: EventTarget & { readonly visibilityState: 'visible' | 'hidden' };
  readonly navigator: {
    readonly connection?: EventTarget & { readonly saveData?: boolean };
    readonly getBattery?: () => Promise<Battery>;
  };
}

export interface Battery extends EventTarget {
  readonly charging: boolean;
  readonly level: number;
}

/** Tells the facts as they change, and at once; returns what ends it. */
export function watchConditions(page: Page, tell: (facts: PageFacts) => void): () => void {
  const ended = new AbortController();
  const { signal } = ended;
  const { document, navigator } = page;
  let frozen = false;
  let battery: Battery | undefined;

  function look(): void {
    if (signal.aborted) return;
    tell({
      visibility: frozen ? 'frozen' : document.visibilityState,
      power: powerOf(battery),
      saveData: navigator.connection?.saveData === true,
    });
  }

  function freeze(now: boolean): void {
    frozen = now;
    look();
  }

  document.addEventListener('visibilitychange', look, { signal });
  document.addEventListener('freeze', () => freeze(true), { signal });
  document.addEventListener('resume', () => freeze(false), { signal });
  navigator.connection?.addEventListener('change', look, { signal });
  // A frame of another site may not ask for the battery; then it counts as plugged in.
  void navigator.getBattery?.().then(
    (found) => {
      battery = found;
      battery.addEventListener('chargingchange', look, { signal });
      battery.addEventListener('levelchange', look, { signal });
      look();
    },
    () => {},
  );
  look();
  return () => ended.abort();
}

function powerOf(battery: Battery | undefined): Power {
  return battery === undefined || battery.charging
    ? { from: 'mains' }
    : { from: 'battery', level: battery.level };
}
