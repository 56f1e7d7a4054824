/**
 * Which run a job goes on with. The same content on the same data folder resumes from its newest good checkpoint, under an
 * incarnation that nobody has seen; another content, or `fresh`, begins a run beside the old ones. A run that has ended,
 * because it was done or because it was stopped for good, is only served.
 */

import {
  type Checkpoint,
  formatVersion,
  initialCheckpoint,
  type RecoveredCheckpoint,
  underNewName,
} from '@manyhands/core';
import type { HistoryPoint } from '@manyhands/protocol';
import type { CurrentRun } from './catalog.ts';
import { NUMBERS_AHEAD_MAX } from './host/history-log.ts';
import type { HostStart } from './host/host.ts';
import type { HostedJob } from './hosted-job.ts';
import { hasEnded } from './job-view.ts';
import type { ServerOptions } from './options.ts';
import { StartError } from './start-error.ts';
import { lockFolder } from './store/folder-lock.ts';
import { openSqliteStore } from './store/sqlite.ts';
import { type Run, type Store, StoreError } from './store/store.ts';

/** A data folder that is ours, and what is to be trained of it. */
export interface OpenedFolder {
  readonly store: Store;
  readonly current: CurrentRun | undefined;
  readonly start: HostStart | undefined;
  close(): void;
}

/** Locks and opens the folder, and decides which run goes on. Throws a StartError. */
export function openFolder({ dataDir, job, fresh, log }: ServerOptions): OpenedFolder {
  const closers: (() => void)[] = [];
  const close = () => {
    for (const closer of closers.splice(0).reverse()) closer();
  };
  try {
    closers.push(lockFolder(dataDir));
    const store = openSqliteStore(dataDir);
    closers.push(() => store.close());
    if (job === undefined) return { store, current: undefined, start: undefined, close };
    const { run, start, remarks } = openRun(store, job, fresh);
    for (const remark of remarks) log?.warn(remark);
    return { store, current: { run, dataset: job.dataset, hosted: start !== undefined }, start, close };
  } catch (error) {
    close();
    throw error instanceof StoreError ? new StartError(error.message, { cause: error }) : error;
  }
}

export interface OpenedRun {
  readonly run: Run;
  /** What a host begins with; undefined when the run has ended and is only served. */
  readonly start: HostStart | undefined;
  /** What a person should know of how it began, in sentences. */
  readonly remarks: readonly string[];
}

export function openRun(store: Store, hosted: HostedJob, fresh: boolean): OpenedRun {
  const earlier = store.runs().findLast(({ contentHash }) => contentHash === hosted.contentHash);
  return earlier === undefined || fresh ? begin(store, hosted) : resume(store, hosted, earlier);
}

function begin(store: Store, hosted: HostedJob): OpenedRun {
  const id = newId(store, `${hosted.name}-${hosted.contentHash.slice(0, 8)}`);
  const run: Run = {
    id,
    contentHash: hosted.contentHash,
    program: { id, ...hosted.program },
    createdAt: Date.now(),
  };
  const from = initialCheckpoint(hosted.job, hosted.initial.params, hosted.initial.state);
  const durable = store.createRun(run, from);
  const start = { run, job: hosted.job, from, durable, historyLength: 0 };
  return { run, start, remarks: [] };
}

function resume(store: Store, hosted: HostedJob, earlier: Run): OpenedRun {
  // The same content may be spoken of in other words by now: title, operator, which page tries it.
  const run: Run = { ...earlier, program: { id: earlier.id, ...hosted.program } };
  store.saveProgram(run.program);
  const newest = store.newestCheckpoint(run.id);
  if (newest === undefined) {
    throw new StartError(
      `None of the checkpoints of ${run.id} can be read: the disk has damaged them. Begin a new run with --fresh.`,
    );
  }
  const remarks = newest.damaged.map(
    ({ step }) => `The checkpoint of step ${step} of ${run.id} is damaged and was passed over.`,
  );
  if (hasEnded(newest.checkpoint.progress.status)) return { run, start: undefined, remarks };
  const from = underNewName(newest);
  // Written at once: from here on the incarnation is taken, and the version that training starts from is durable.
  const durable = store.saveCheckpoint(
    run.id,
    from,
    recoveryPoints(store.historyLength(run.id), newest, from),
  );
  const start = { run, job: hosted.job, from, durable, historyLength: store.historyLength(run.id) };
  return { run, start, remarks };
}

function recoveryPoints(
  historyLength: number,
  { damaged }: RecoveredCheckpoint,
  { version }: Checkpoint,
): HistoryPoint[] {
  const entries: HistoryPoint['entry'][] = [
    ...damaged.map((bad) => ({ kind: 'damaged', version: formatVersion(bad) }) as const),
    { kind: 'recovered', version: formatVersion(version) },
  ];
  const first = historyLength + NUMBERS_AHEAD_MAX;
  const at = Date.now();
  return entries.map((entry, i) => ({ index: first + i, at, entry }));
}

/** `base`, or `base-2`, `base-3` … where earlier runs have that name. */
function newId(store: Store, base: string): string {
  const taken = new Set(store.runs().map(({ id }) => id));
  let id = base;
  for (let number = 2; taken.has(id); number++) id = `${base}-${number}`;
  return id;
}
