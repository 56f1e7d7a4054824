import {
  type AccountId,
  addAll,
  type Checkpoint,
  isPassedOver,
  newestFirst,
  newestIntact,
  sameVersion,
  superfluous,
} from '@manyhands/core';
import { type HistoryPoint, LIMITS } from '@manyhands/protocol';
import type { MeasuredSpeed } from '../host/speed-table.ts';
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
    const earned = new Map(checkpoint.earned);
    for (const kept of run.kept) {
      if (sameVersion(kept.version, version)) addAll(earned, kept.checkpoint.earned);
    }
    const others = run.kept
      .filter((kept) => !sameVersion(kept.version, version))
      .map((kept) => (isPassedOver(kept.version, version) ? withoutCredit(kept) : kept));
    const all = newestFirst([
      ...others,
      { ...saved, checkpoint: { ...structuredClone(checkpoint), earned } },
    ]);
    const gone = superfluous(all, LIMITS.versionsKept);
    for (const kept of gone) addAll(run.settled, kept.checkpoint.earned);
    run.kept = all.filter((kept) => !gone.includes(kept));
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
      const begun: MemoryRun = { run, kept: [], settled: new Map(), history: [], speeds: [] };
      runs.set(run.id, begun);
      return keep(begun, first);
    },
    saveProgram(program) {
      const kept = runOf(program.id);
      kept.run = { ...kept.run, program };
    },
    saveCheckpoint(runId, checkpoint, history) {
      const run = runOf(runId);
      append(run, history);
      return keep(run, checkpoint);
    },
    newestCheckpoint(runId) {
      return newestIntact(runOf(runId).kept, ({ paramsSha256, checkpoint }) => ({
        checkpoint: structuredClone(checkpoint),
        paramsSha256,
      }));
    },
    newestSaved(runId) {
      const [newest] = runOf(runId).kept;
      if (newest === undefined) return undefined;
      const { checkpoint, ...saved } = newest;
      return { ...saved, progress: checkpoint.progress };
    },
    vectors(runId, version) {
      const kept = runOf(runId).kept.find((one) => sameVersion(one.version, version));
      if (kept === undefined) return undefined;
      const { checkpoint, ...saved } = kept;
      return { ...saved, params: bytesOf(checkpoint.params), state: bytesOf(checkpoint.state) };
    },
    credit(runId, account) {
      const { kept, settled } = runOf(runId);
      const credit = new Map(settled);
      for (const { checkpoint } of kept) addAll(credit, checkpoint.earned);
      return { units: credit.get(account) ?? 0, version: kept[0]!.version };
    },
    saveSpeeds(runId, rows) {
      runOf(runId).speeds = rows;
    },
    speeds: (runId) => runOf(runId).speeds,
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

type Kept = SavedVersion & { readonly checkpoint: Checkpoint };

function withoutCredit(kept: Kept): Kept {
  return { ...kept, checkpoint: { ...kept.checkpoint, earned: new Map() } };
}

interface MemoryRun {
  run: Run;
  /** Newest first. */
  kept: readonly Kept[];
  /** What was earned with checkpoints that are not kept. */
  readonly settled: Map<AccountId, number>;
  history: HistoryPoint[];
  speeds: readonly MeasuredSpeed[];
}
