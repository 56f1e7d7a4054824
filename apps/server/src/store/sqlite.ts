/** The store on one SQLite file: see `database.ts` for what makes it safe. */

import { createHash } from 'node:crypto';
import {
  type AccountId,
  type Checkpoint,
  formatVersion,
  type ParamsVersion,
  type Progress,
} from '@manyhands/core';
import { type HistoryPoint, JobProgramSchema, LIMITS } from '@manyhands/protocol';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { closeDatabase, inTransaction, openDatabase, reasonOf } from './database.ts';
import { type RecoveredCheckpoint, type Run, type SavedVersion, type Store, StoreError } from './store.ts';
import { POINTS_MAX, type Thinnable, thinned } from './thinning.ts';
import { bytesOf, sha256Of, vectorOf } from './vector-bytes.ts';

/** Opens the data folder, and makes it when it is not there. Throws a StoreError that says what is wrong with it. */
export function openSqliteStore(folder: string): Store {
  return sqliteStore(openDatabase(folder));
}

/** The store takes the database over and closes it. */
export function sqliteStore(database: DatabaseSyncInstance): Store {
  const sql = statements(database);
  /** Points of each run that were written to. */
  const points = new Map<string, number>();

  function read<Answer>(look: () => Answer): Answer {
    try {
      return look();
    } catch (error) {
      throw new StoreError(
        `The data file cannot be read (${reasonOf(error)}): put a copy of it back, or choose another data folder.`,
        { cause: error },
      );
    }
  }

  function write(what: string, change: () => void): void {
    try {
      inTransaction(database, change);
    } catch (error) {
      points.clear();
      throw new StoreError(`${what} could not be written (${reasonOf(error)}).`, { cause: error });
    }
  }

  function insertCheckpoint(runId: string, checkpoint: Checkpoint): SavedVersion {
    const { version, params, state, slots, progress, credit } = checkpoint;
    const saved = { version, paramsSha256: sha256Of(params, state), savedAt: Date.now() };
    const row = {
      ...version,
      params_sha256: saved.paramsSha256,
      slots_sha256: sha256Of(...slots),
      progress: JSON.stringify(progress),
      credit: JSON.stringify([...credit]),
    };
    sql.insertCheckpoint.run(
      runId,
      row.incarnation,
      row.step,
      bytesOf(params),
      bytesOf(state),
      row.params_sha256,
      Buffer.concat(slots.map(bytesOf)),
      slots.length,
      row.slots_sha256,
      row.progress,
      row.credit,
      saved.savedAt,
      sealOf(row),
    );
    return saved;
  }

  function insertHistory(runId: string, added: readonly HistoryPoint[]): void {
    for (const { index, at, entry } of added)
      sql.insertPoint.run(runId, index, Math.round(at), JSON.stringify(entry));
    const before =
      points.get(runId) ?? (sql.pointCount.get(runId) as { points: number }).points - added.length;
    points.set(runId, before + added.length);
    if (before + added.length > POINTS_MAX) thinHistory(runId);
  }

  function thinHistory(runId: string): void {
    const all = sql.pointKinds.all(runId) as unknown as Thinnable[];
    const gone = thinned(all);
    for (const index of gone) sql.deletePoint.run(runId, index);
    points.set(runId, all.length - gone.length);
  }

  return {
    runs: () => read(() => (sql.runs.all() as unknown as RunRow[]).map(runOf)),

    createRun(run, first) {
      let saved: SavedVersion | undefined;
      write(`The run ${run.id}`, () => {
        sql.insertRun.run(run.id, run.contentHash, JSON.stringify(run.program), run.createdAt);
        saved = insertCheckpoint(run.id, first);
      });
      return saved!;
    },

    saveCheckpoint(runId, checkpoint, history) {
      let saved: SavedVersion | undefined;
      write(`The checkpoint ${formatVersion(checkpoint.version)}`, () => {
        saved = insertCheckpoint(runId, checkpoint);
        insertHistory(runId, history);
        sql.prune.run(runId, runId, LIMITS.versionsKept);
      });
      return saved!;
    },

    newestCheckpoint(runId) {
      const newestFirst = read(() => sql.versions.all(runId) as unknown as VersionRow[]);
      const damaged: ParamsVersion[] = [];
      const incarnationMax = Math.max(...newestFirst.map(({ incarnation }) => incarnation));
      for (const { incarnation, step } of newestFirst) {
        const version = { incarnation, step };
        const recovered = readCheckpoint(() => sql.checkpoint.get(runId, incarnation, step), version);
        if (recovered !== undefined) return { ...recovered, damaged, incarnationMax };
        damaged.push(version);
      }
      return undefined;
    },

    newestSaved(runId) {
      return read(() => {
        const row = sql.newestSaved.get(runId) as unknown as SavedRow | undefined;
        return row && { ...savedOf(row), progress: JSON.parse(row.progress) as Progress };
      });
    },

    vectors(runId, { incarnation, step }) {
      const row = sql.vectors.get(runId, incarnation, step) as unknown as VectorsRow | undefined;
      if (row === undefined || sha256Of(row.params, row.state) !== row.params_sha256) return undefined;
      return { ...savedOf(row), params: row.params, state: row.state };
    },

    credit(runId, account) {
      return read(() => {
        const row = sql.newestCredit.get(runId) as unknown as VersionRow & { readonly credit: string };
        const { incarnation, step } = row;
        return { units: creditOf(row.credit).get(account) ?? 0, version: { incarnation, step } };
      });
    },

    appendHistory(runId, added) {
      write(`${added.length} lines of history`, () => insertHistory(runId, added));
    },

    history(runId, from, limit) {
      const rows = read(() => sql.history.all(runId, from, limit) as unknown as PointRow[]);
      return rows.map(({ point, at, entry }) => ({
        index: point,
        at,
        entry: JSON.parse(entry) as HistoryPoint['entry'],
      }));
    },

    historyLength: (runId) => read(() => (sql.historyLength.get(runId) as { length: number }).length),

    close: () => closeDatabase(database),
  };
}

function statements(database: DatabaseSyncInstance) {
  const saved = 'incarnation, step, params_sha256, saved_at';
  const newestFirst = 'ORDER BY incarnation DESC, step DESC';
  return {
    runs: database.prepare('SELECT * FROM run ORDER BY created_at, rowid'),
    insertRun: database.prepare('INSERT INTO run VALUES (?, ?, ?, ?)'),
    insertCheckpoint: database.prepare(
      // A command saves a version again under another status.
      'INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    prune: database.prepare(
      `DELETE FROM checkpoint WHERE run_id = ? AND (incarnation, step) NOT IN
         (SELECT incarnation, step FROM checkpoint WHERE run_id = ? ${newestFirst} LIMIT ?)`,
    ),
    versions: database.prepare(`SELECT incarnation, step FROM checkpoint WHERE run_id = ? ${newestFirst}`),
    checkpoint: database.prepare(
      'SELECT * FROM checkpoint WHERE run_id = ? AND incarnation = ? AND step = ?',
    ),
    newestSaved: database.prepare(
      `SELECT ${saved}, progress FROM checkpoint WHERE run_id = ? ${newestFirst} LIMIT 1`,
    ),
    vectors: database.prepare(
      `SELECT ${saved}, params, state FROM checkpoint WHERE run_id = ? AND incarnation = ? AND step = ?`,
    ),
    newestCredit: database.prepare(
      `SELECT incarnation, step, credit FROM checkpoint WHERE run_id = ? ${newestFirst} LIMIT 1`,
    ),
    insertPoint: database.prepare('INSERT INTO history VALUES (?, ?, ?, ?)'),
    history: database.prepare(
      'SELECT point, at, entry FROM history WHERE run_id = ? AND point >= ? ORDER BY point LIMIT ?',
    ),
    pointCount: database.prepare('SELECT count(*) AS points FROM history WHERE run_id = ?'),
    pointKinds: database.prepare(
      `SELECT point AS "index", iif(json_valid(entry), entry ->> 'kind', '') AS kind FROM history
       WHERE run_id = ? ORDER BY point`,
    ),
    deletePoint: database.prepare('DELETE FROM history WHERE run_id = ? AND point = ?'),
    historyLength: database.prepare(
      'SELECT coalesce(max(point) + 1, 0) AS length FROM history WHERE run_id = ?',
    ),
  };
}

/** The checkpoint of one row, or undefined when its bytes are not those that were written. */
function readCheckpoint(
  read: () => unknown,
  version: ParamsVersion,
): Pick<RecoveredCheckpoint, 'checkpoint' | 'paramsSha256'> | undefined {
  try {
    const row = read() as CheckpointRow;
    if (sha256Of(row.params, row.state) !== row.params_sha256) return undefined;
    if (sha256Of(row.slots) !== row.slots_sha256) return undefined;
    if (row.seal !== null && row.seal !== sealOf(row)) return undefined;
    const slotBytes = row.params.byteLength;
    const checkpoint: Checkpoint = {
      version,
      params: vectorOf(row.params),
      state: vectorOf(row.state),
      slots: Array.from({ length: row.slot_count }, (_, slot) =>
        vectorOf(row.slots.subarray(slot * slotBytes, (slot + 1) * slotBytes)),
      ),
      progress: JSON.parse(row.progress) as Progress,
      credit: creditOf(row.credit),
    };
    return { checkpoint, paramsSha256: row.params_sha256 };
  } catch {
    // A page that SQLite cannot read, or text that is no longer JSON.
    return undefined;
  }
}

/** SHA-256 over what makes a checkpoint one: which it is, its vectors' hashes, progress and credit. */
function sealOf(row: Omit<SealedRow, 'seal'>): string {
  const { incarnation, step, params_sha256, slots_sha256, progress, credit } = row;
  const text = JSON.stringify([incarnation, step, params_sha256, slots_sha256, progress, credit]);
  return createHash('sha256').update(text).digest('hex');
}

function creditOf(text: string): Map<AccountId, number> {
  return new Map(JSON.parse(text) as [AccountId, number][]);
}

function runOf(row: RunRow): Run {
  const program = JobProgramSchema.safeParse(JSON.parse(row.program));
  if (!program.success) throw new Error(`the program of ${row.id} is none`);
  return { id: row.id, contentHash: row.content_hash, program: program.data, createdAt: row.created_at };
}

function savedOf(row: Omit<SavedRow, 'progress'>): SavedVersion {
  const version = { incarnation: row.incarnation, step: row.step };
  return { version, paramsSha256: row.params_sha256, savedAt: row.saved_at };
}

interface RunRow {
  readonly id: string;
  readonly content_hash: string;
  readonly program: string;
  readonly created_at: number;
}

interface VersionRow {
  readonly incarnation: number;
  readonly step: number;
}

interface SavedRow extends VersionRow {
  readonly params_sha256: string;
  readonly saved_at: number;
  readonly progress: string;
}

interface VectorsRow extends Omit<SavedRow, 'progress'> {
  readonly params: Uint8Array;
  readonly state: Uint8Array;
}

interface SealedRow extends VersionRow {
  readonly params_sha256: string;
  readonly slots_sha256: string;
  readonly progress: string;
  readonly credit: string;
  readonly seal: string | null;
}

interface CheckpointRow extends VectorsRow, SealedRow {
  readonly slots: Uint8Array;
  readonly slot_count: number;
}

interface PointRow {
  readonly point: number;
  readonly at: number;
  readonly entry: string;
}
