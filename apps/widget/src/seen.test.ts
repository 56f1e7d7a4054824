import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchSeen } from './seen.ts';

/** What a browser tells of the button: how much of it is on the screen, and whether anything covers it. */
let tell: (entry: { intersectionRatio: number; isVisible?: boolean }) => void;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('document', { visibilityState: 'visible' });
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      constructor(heard: (entries: readonly object[]) => void) {
        tell = (entry) => heard([entry]);
      }
      observe() {}
    },
  );
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const WHOLE = { intersectionRatio: 1, isVisible: true };

function watched() {
  const changed = vi.fn();
  return { seen: watchSeen({} as Element, changed), changed };
}

test('[EM12] a button counts as seen when it was whole and uncovered for half a second, and not before', () => {
  const { seen, changed } = watched();
  expect(seen.now()).toBe(false);
  tell(WHOLE);
  vi.advanceTimersByTime(499);
  expect(seen.now()).toBe(false);
  expect(changed).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(seen.now()).toBe(true);
  expect(changed).toHaveBeenCalledOnce();
});

test.each([
  ['covered', { intersectionRatio: 1, isVisible: false }],
  ['half off the screen', { intersectionRatio: 0.5, isVisible: true }],
])('[EM12] a button that is %s is not seen, and starts anew when it is whole again', (_how, entry) => {
  const { seen } = watched();
  tell(WHOLE);
  vi.advanceTimersByTime(1_000);
  tell(entry);
  expect(seen.now()).toBe(false);
  tell(WHOLE);
  expect(seen.now()).toBe(false);
  vi.advanceTimersByTime(500);
  expect(seen.now()).toBe(true);
});

test('[EM12] where a browser cannot tell what covers it, being on the screen must do; a hidden page is not seen', () => {
  const { seen } = watched();
  tell({ intersectionRatio: 1 });
  vi.advanceTimersByTime(500);
  expect(seen.now()).toBe(true);
  vi.stubGlobal('document', { visibilityState: 'hidden' });
  expect(seen.now()).toBe(false);
});
