import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { paced } from './pace.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A number that changes, and how often whoever draws it had to. */
function drawn(everyMs: number) {
  const store = createStore<number>(() => 0);
  const source = paced({ current: store.getState, subscribe: store.subscribe }, () => everyMs);
  const renders: number[] = [];
  const end = source.subscribe(() => renders.push(source.current()));
  return { set: (value: number) => store.setState(value, true), renders, end };
}

test('[DP1] what changes 25 times a second is drawn once a second, and its last state is drawn', () => {
  const { set, renders } = drawn(1_000);
  for (let i = 1; i <= 25; i++) {
    set(i);
    vi.advanceTimersByTime(40);
  }
  expect(renders).toEqual([1, 25]);
  vi.advanceTimersByTime(60_000);
  expect(renders).toHaveLength(2);
});

test('[DP2] where nothing is saved every change is drawn at once', () => {
  const { set, renders } = drawn(0);
  for (let i = 1; i <= 5; i++) set(i);
  expect(renders).toEqual([1, 2, 3, 4, 5]);
});

test('[DP3] nothing is drawn for who has gone', () => {
  const { set, renders, end } = drawn(500);
  set(1);
  set(2);
  end();
  vi.advanceTimersByTime(1_000);
  set(3);
  expect(renders).toEqual([1]);
});
