/** A browser in memory: tabs with one lock manager and one set of channels, and workers that a test plays. */

import type { BetweenTabs } from '../link.ts';
import type { PageBrowser } from '../page-browser.ts';
import type { RememberedSpeed } from '../speed-memory.ts';
import type { FromWorker, ToWorker } from '../worker-message.ts';

export interface PlayedWorker {
  readonly heard: ToWorker[];
  say(message: FromWorker): void;
  readonly ended: boolean;
}

export interface MemoryTab extends PageBrowser {
  readonly workers: PlayedWorker[];
  /** Delays of the alarms that are set. */
  readonly alarms: readonly number[];
  /** Every alarm that is set goes off. */
  ring(): void;
  /** The page is about to go; returns how many were told. */
  leave(): number;
}

export function createMemoryBrowser({ hasLocks = true } = {}): { openTab(): MemoryTab } {
  const locks = createLocks();
  const speeds: RememberedSpeed[] = [];
  const channels = new Set<{ name: string; hear: (message: BetweenTabs) => void }>();
  return {
    openTab() {
      const workers: PlayedWorker[] = [];
      const leaving = new Set<() => void>();
      const alarms = new Map<() => void, number>();
      return {
        workers,
        get alarms() {
          return [...alarms.values()];
        },
        ring() {
          const due = [...alarms.keys()];
          alarms.clear();
          for (const wake of due) wake();
        },
        locks: hasLocks ? locks : undefined,
        startWorker(hear) {
          const heard: ToWorker[] = [];
          let ended = false;
          workers.push({
            heard,
            say: (message) => !ended && hear(message),
            get ended() {
              return ended;
            },
          });
          return {
            say: (message) => void heard.push(message),
            end() {
              ended = true;
            },
          };
        },
        openChannel(name, hear) {
          const own = { name, hear };
          channels.add(own);
          return {
            say(message) {
              for (const other of channels)
                if (other !== own && other.name === name) other.hear(structuredClone(message));
            },
            close: () => void channels.delete(own),
          };
        },
        watchConditions(tell) {
          tell({ visibility: 'visible', power: { from: 'mains' }, saveData: false });
          return () => {};
        },
        watchLeaving(tell) {
          leaving.add(tell);
          return () => void leaving.delete(tell);
        },
        leave() {
          for (const tell of leaving) tell();
          return leaving.size;
        },
        account: () => '0'.repeat(32),
        remembered: () => [...speeds],
        remember: (speed) => void speeds.push(speed),
        nextFrame: (draw) => draw(),
        now: () => 1_000_000,
        random: () => 0,
        setAlarm(delayMs, wake) {
          alarms.set(wake, delayMs);
          return () => void alarms.delete(wake);
        },
      };
    },
  };
}

/** Web Locks, as far as they are used here: exclusive, first come first served, `ifAvailable` and `signal`. */
function createLocks(): Pick<LockManager, 'request'> {
  const tails = new Map<string, Promise<unknown>>();
  const held = new Set<string>();

  async function request(
    name: string,
    { ifAvailable = false, signal }: LockOptions,
    use: (lock: Lock | null) => Promise<unknown>,
  ): Promise<unknown> {
    if (ifAvailable && held.has(name)) return use(null);
    const before = tails.get(name) ?? Promise.resolve();
    const mine = before.then(async () => {
      signal?.throwIfAborted();
      held.add(name);
      try {
        return await use({ name, mode: 'exclusive' });
      } finally {
        held.delete(name);
      }
    });
    tails.set(
      name,
      mine.catch(() => {}),
    );
    return mine;
  }
  return { request: request as LockManager['request'] };
}
