import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { nothingYet, type Watching, watch } from './watch.ts';

/** Watches a job for as long as the component is mounted. */
export function useWatch(job: string, token?: string): Watching {
  const [store] = useState(nothingYet);
  useEffect(() => watch(store, job, token), [store, job, token]);
  return useStore(store);
}
