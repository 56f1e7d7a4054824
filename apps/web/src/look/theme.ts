/** Light or dark: the system decides until the person does, and the choice is kept. */

import { useEffect, useState } from 'react';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'manyhands.theme';
const NEXT = { system: 'light', light: 'dark', dark: 'system' } as const;

/** The choice, and what goes on to the next one. */
export function useTheme(): readonly [Theme, () => void] {
  const [theme, setTheme] = useState(remembered);
  useEffect(() => {
    if (theme === 'system') {
      delete document.documentElement.dataset['theme'];
      localStorage.removeItem(KEY);
    } else {
      document.documentElement.dataset['theme'] = theme;
      localStorage.setItem(KEY, theme);
    }
    dispatchEvent(new Event(THEME_CHANGED));
  }, [theme]);
  return [theme, () => setTheme(NEXT[theme])];
}

/** Fired on the window after colours changed, for what draws on a canvas. */
const THEME_CHANGED = 'manyhands:theme';

/** Calls back when colours may have changed, by the person or by the system. */
export function onThemeChange(listener: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  addEventListener(THEME_CHANGED, listener);
  system.addEventListener('change', listener);
  return () => {
    removeEventListener(THEME_CHANGED, listener);
    system.removeEventListener('change', listener);
  };
}

function remembered(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}
