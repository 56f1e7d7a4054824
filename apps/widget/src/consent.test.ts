import { afterEach, expect, test, vi } from 'vitest';
import { forgetConsent, hasConsent, rememberConsent } from './consent.ts';

afterEach(() => vi.unstubAllGlobals());

/** A browser's storage, as far as it is used here. */
function storage() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
}

test('[EM6] a yes is for one job on one site', () => {
  vi.stubGlobal('localStorage', storage());
  rememberConsent('iris', 'https://a.example');
  expect(hasConsent('iris', 'https://a.example')).toBe(true);
  expect(hasConsent('iris', 'https://b.example')).toBe(false);
  expect(hasConsent('mnist', 'https://a.example')).toBe(false);
  forgetConsent('iris', 'https://a.example');
  expect(hasConsent('iris', 'https://a.example')).toBe(false);
});

test('[EM7] where a browser denies a frame its storage, nothing is remembered and nothing breaks', () => {
  vi.stubGlobal(
    'localStorage',
    new Proxy(storage(), {
      get() {
        throw new DOMException('The document is sandboxed.', 'SecurityError');
      },
    }),
  );
  rememberConsent('iris', 'https://a.example');
  forgetConsent('iris', 'https://a.example');
  expect(hasConsent('iris', 'https://a.example')).toBe(false);
});
