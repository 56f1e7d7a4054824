/**
 * Something that changes, seen no more often than it is worth drawing. Volunteers report up to 25 times a second, a running
 * job five times; where drawing takes time from computing, people are shown the newest state once a second and what lies
 * between is never drawn. The last change is always shown: late, but not lost.
 */

export interface Source<Value> {
  /** The same object until something changes. */
  readonly current: () => Value;
  /** Calls back after every change; returns what ends it. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** `source`, changing at most once in `everyMs()` milliseconds. */
export function paced<Value>(source: Source<Value>, everyMs: () => number): Source<Value> {
  const listeners = new Set<() => void>();
  let shown = source.current();
  let shownAtMs = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let end = () => {};

  const show = () => {
    timer = undefined;
    shownAtMs = performance.now();
    const next = source.current();
    if (next === shown) return;
    shown = next;
    for (const listener of listeners) listener();
  };
  const changed = () => {
    if (timer !== undefined) return;
    const waitMs = shownAtMs + everyMs() - performance.now();
    if (waitMs > 0) timer = setTimeout(show, waitMs);
    else show();
  };
  return {
    current: () => shown,
    subscribe(listener) {
      if (listeners.size === 0) {
        end = source.subscribe(changed);
        shown = source.current();
      }
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        end();
        clearTimeout(timer);
        timer = undefined;
      };
    },
  };
}
