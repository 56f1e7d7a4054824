import { useEffect, useState, useSyncExternalStore } from 'react';
import { drawEveryMs } from '../look/motion.ts';
import { paced } from './pace.ts';
import { nothingYet, type Watching, watch } from './watch.ts';

/** Watches a job for as long as the component is mounted. */
export function useWatch(job: string, token?: string): Watching {
  const [{ store, source }] = useState(() => {
    const store = nothingYet();
    const source = paced({ current: store.getState, subscribe: store.subscribe }, () =>
      drawEveryMs('pageMs'),
    );
    return { store, source };
  });
  useEffect(() => watch(store, job, token), [store, job, token]);
  return useSyncExternalStore(source.subscribe, source.current);
}
