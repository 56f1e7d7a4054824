/**
 * The store on one SQLite file. WAL lets the HTTP thread read while the host writes; `synchronous = FULL` makes a commit
 * wait for the disk, which is what *durable* means here.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Checkpoint, formatVersion, type ParamsVersion, type Progress } from '@manyhands/core';
import { type HistoryPoint, JobProgramSchema, LIMITS } from '@manyhands/protocol';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { MIGRATIONS } from './schema.ts';
import { type RecoveredCheckpoint, type Run, type SavedVersion, type Store, StoreError } from './store.ts';
import { bytesOf, sha256Of, vectorOf } from './vector-bytes.ts';

const FILE = 'manyhands.db';

/** Opens the data folder, and makes it when it is not there. Throws a StoreError that says what is wrong with it. */
export function openSqliteStore(folder: string): Store {
  return sqliteStore(openDatabase(folder));
}

function openDatabase(folder: string): DatabaseSyncInstance {
  const file = join(folder, FILE);
  try {
    mkdirSync(folder, { recursive: true });
    const database = new DatabaseSync(file, { timeout: 5_000 });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    migrate(database, file);
    return database;
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(
      `The data folder ${folder} cannot be used (${reasonOf(error)}): choose a folder that this user may write to.`,
      { cause: error },
    );
  }
}

function migrate(database: DatabaseSyncInstance, file: string): void {
  const { user_version: applied } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (applied > MIGRATIONS.length) {
    throw new StoreError(
      `${file} was written by a newer version of Manyhands: start that version, or choose another data folder.`,
    );
  }
  if (applied === MIGRATIONS.length) return;
  inTransaction(database, () => {
    for (const migration of MIGRATIONS.slice(applied)) database.exec(migration);
    // Also proves, before anything depends on it, that the file can be written.
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
  });
}

function sqliteStore(database: DatabaseSyncInstance): Store {
  const sql = statements(database);

  function write(what: string, change: () => void): void {
    try {
      inTransaction(database, change);
    } catch (error) {
      throw new StoreError(`${what} could not be written (${reasonOf(error)}).`, { cause: error });
    }
  }

  function insertCheckpoint(runId: string, checkpoint: Checkpoint): SavedVersion {
    const { version, params, state, slots, progress, credit } = checkpoint;
    const saved = { version, paramsSha256: sha256Of(params, state), savedAt: Date.now() };
    sql.insertCheckpoint.run(
      runId,
      version.incarnation,
      version.step,
      bytesOf(params),
      bytesOf(state),
      saved.paramsSha256,
      Buffer.concat(slots.map(bytesOf)),
      slots.length,
      sha256Of(...slots),
      JSON.stringify(progress),
      JSON.stringify([...credit]),
      saved.savedAt,
    );
    return saved;
  }

  function insertHistory(runId: string, points: readonly HistoryPoint[]): void {
    for (const { index, at, entry } of points)
      sql.insertPoint.run(runId, index, Math.round(at), JSON.stringify(entry));
  }

  return {
    runs: () => (sql.runs.all() as unknown as RunRow[]).map(runOf),

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
      const newestFirst = sql.versions.all(runId) as unknown as VersionRow[];
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
      const row = sql.newestSaved.get(runId) as unknown as SavedRow | undefined;
      return row === undefined
        ? undefined
        : { ...savedOf(row), progress: JSON.parse(row.progress) as Progress };
    },

    vectors(runId, { incarnation, step }) {
      const row = sql.vectors.get(runId, incarnation, step) as unknown as VectorsRow | undefined;
      if (row === undefined || sha256Of(row.params, row.state) !== row.params_sha256) return undefined;
      return { ...savedOf(row), params: row.params, state: row.state };
    },

    appendHistory(runId, points) {
      write(`${points.length} lines of history`, () => insertHistory(runId, points));
    },

    history(runId, from, limit) {
      const rows = sql.history.all(runId, from, limit) as unknown as PointRow[];
      return rows.map(({ point, at, entry }) => ({
        index: point,
        at,
        entry: JSON.parse(entry) as HistoryPoint['entry'],
      }));
    },

    historyLength: (runId) => (sql.historyLength.get(runId) as { length: number }).length,

    close: () => database.close(),
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
      'INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
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
    insertPoint: database.prepare('INSERT INTO history VALUES (?, ?, ?, ?)'),
    history: database.prepare(
      'SELECT point, at, entry FROM history WHERE run_id = ? AND point >= ? ORDER BY point LIMIT ?',
    ),
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
    const slotBytes = row.params.byteLength;
    const checkpoint: Checkpoint = {
      version,
      params: vectorOf(row.params),
      state: vectorOf(row.state),
      slots: Array.from({ length: row.slot_count }, (_, slot) =>
        vectorOf(row.slots.subarray(slot * slotBytes, (slot + 1) * slotBytes)),
      ),
      progress: JSON.parse(row.progress) as Progress,
      credit: new Map(JSON.parse(row.credit) as [string, number][]),
    };
    return { checkpoint, paramsSha256: row.params_sha256 };
  } catch {
    // A page that SQLite cannot read, or text that is no longer JSON.
    return undefined;
  }
}

function runOf(row: RunRow): Run {
  const program = JobProgramSchema.parse(JSON.parse(row.program));
  return { id: row.id, contentHash: row.content_hash, program, createdAt: row.created_at };
}

function savedOf(row: Omit<SavedRow, 'progress'>): SavedVersion {
  const version = { incarnation: row.incarnation, step: row.step };
  return { version, paramsSha256: row.params_sha256, savedAt: row.saved_at };
}

function inTransaction(database: DatabaseSyncInstance, change: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    change();
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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

interface CheckpointRow extends VectorsRow {
  readonly slots: Uint8Array;
  readonly slot_count: number;
  readonly slots_sha256: string;
  readonly progress: string;
  readonly credit: string;
}

interface PointRow {
  readonly point: number;
  readonly at: number;
  readonly entry: string;
}
