/** Light or dark: the system decides until the person does, and the choice is kept. */

import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'manyhands.theme';
/** Fired on the window after colours changed, for what draws on a canvas. */
const CHANGED = 'manyhands:theme';

let chosenHere: Theme | undefined;

/** The choice, and what makes another one. */
export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  return [useSyncExternalStore(onThemeChange, chosen), choose];
}

/** Gives the page the kept choice; called once, before anything is drawn. */
export function applyTheme(): void {
  const theme = chosen();
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

/** Calls back when colours may have changed, by the person or by the system; returns what ends it. */
export function onThemeChange(listener: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  addEventListener(CHANGED, listener);
  system.addEventListener('change', listener);
  return () => {
    removeEventListener(CHANGED, listener);
    system.removeEventListener('change', listener);
  };
}

function choose(theme: Theme): void {
  chosenHere = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // A browser that denies storage forgets the choice with the page.
  }
  applyTheme();
  dispatchEvent(new Event(CHANGED));
}

function chosen(): Theme {
  chosenHere ??= remembered();
  return chosenHere;
}

function remembered(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'system';
  } catch {
    return 'system';
  }
}
