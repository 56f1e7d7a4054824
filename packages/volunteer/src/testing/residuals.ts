/** A browser's databases and locks in memory, for residuals. */

import { IDBFactory } from 'fake-indexeddb';
import { type ResidualStore, residualStore } from '../residual-store.ts';

export interface ResidualBrowser {
  /** Of a new worker, which lives until it `dies`. */
  openStore(): ResidualStore & { die(): void };
  readonly databases: IDBFactory;
}

export function residualBrowser({ hasLocks = true } = {}): ResidualBrowser {
  const databases = new IDBFactory();
  const held = new Set<string>();
  const locks = { query: async () => ({ held: [...held].map((name) => ({ name })), pending: [] }) };
  let workers = 0;
  return {
    databases,
    openStore() {
      const lifeline = `worker ${++workers}`;
      held.add(lifeline);
      const store = residualStore({
        databases: () => databases,
        locks: hasLocks ? locks : undefined,
        lifeline,
      });
      return { ...store, die: () => void held.delete(lifeline) };
    },
  };
}
