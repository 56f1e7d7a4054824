import { type Checkpoint, formatVersion, type ParamsVersion } from '@manyhands/core';
import { type HistoryPoint, LIMITS } from '@manyhands/protocol';
import type { Run, SavedVersion, Store } from './store.ts';
import { POINTS_MAX, thinned } from './thinning.ts';
import { bytesOf, sha256Of } from './vector-bytes.ts';

/** The store without a disk: keeps its promise for as long as the process lives. For tests and for trying things out. */
export function createMemoryStore(): Store {
  const runs = new Map<string, MemoryRun>();

  function runOf(runId: string): MemoryRun {
    const run = runs.get(runId);
    if (run === undefined) throw new Error(`There is no run ${runId}.`);
    return run;
  }

  function keep(run: MemoryRun, checkpoint: Checkpoint): SavedVersion {
    const { version, params, state } = checkpoint;
    const saved = { version, paramsSha256: sha256Of(params, state), savedAt: Date.now() };
    const others = run.kept.filter((kept) => formatVersion(kept.version) !== formatVersion(version));
    run.kept = [...others, { ...saved, checkpoint: structuredClone(checkpoint) }]
      .sort((a, b) => newestFirst(a.version, b.version))
      .slice(0, LIMITS.versionsKept);
    return saved;
  }

  function append(run: MemoryRun, points: readonly HistoryPoint[]): void {
    run.history.push(...points);
    if (run.history.length <= POINTS_MAX) return;
    const gone = new Set(thinned(run.history.map(({ index, entry }) => ({ index, kind: entry.kind }))));
    run.history = run.history.filter(({ index }) => !gone.has(index));
  }

  return {
    runs: () => [...runs.values()].map(({ run }) => run),
    createRun(run, first) {
      if (runs.has(run.id)) throw new Error(`There is a run ${run.id} already.`);
      const begun: MemoryRun = { run, kept: [], history: [] };
      runs.set(run.id, begun);
      return keep(begun, first);
    },
    saveCheckpoint(runId, checkpoint, history) {
      const run = runOf(runId);
      append(run, history);
      return keep(run, checkpoint);
    },
    newestCheckpoint(runId) {
      const [newest] = runOf(runId).kept;
      if (newest === undefined) return undefined;
      const { version, paramsSha256, checkpoint } = newest;
      return {
        checkpoint: structuredClone(checkpoint),
        paramsSha256,
        damaged: [],
        incarnationMax: version.incarnation,
      };
    },
    newestSaved(runId) {
      const [newest] = runOf(runId).kept;
      if (newest === undefined) return undefined;
      const { checkpoint, ...saved } = newest;
      return { ...saved, progress: checkpoint.progress };
    },
    vectors(runId, version) {
      const kept = runOf(runId).kept.find((one) => formatVersion(one.version) === formatVersion(version));
      if (kept === undefined) return undefined;
      const { checkpoint, ...saved } = kept;
      return { ...saved, params: bytesOf(checkpoint.params), state: bytesOf(checkpoint.state) };
    },
    credit(runId, account) {
      const { version, credit } = runOf(runId).kept[0]!.checkpoint;
      return { units: credit.get(account) ?? 0, version };
    },
    appendHistory(runId, points) {
      append(runOf(runId), points);
    },
    history(runId, from, limit) {
      return runOf(runId)
        .history.filter(({ index }) => index >= from)
        .slice(0, limit);
    },
    historyLength: (runId) => (runOf(runId).history.at(-1)?.index ?? -1) + 1,
    close() {},
  };
}

interface MemoryRun {
  readonly run: Run;
  /** Newest first. */
  kept: (SavedVersion & { readonly checkpoint: Checkpoint })[];
  history: HistoryPoint[];
}

function newestFirst(a: ParamsVersion, b: ParamsVersion): number {
  return b.incarnation - a.incarnation || b.step - a.step;
}
