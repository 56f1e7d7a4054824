/** The store on one SQLite file: see `database.ts` for what makes it safe. */

import { createHash } from 'node:crypto';
import {
  type AccountId,
  type Checkpoint,
  formatVersion,
  isPassedOver,
  newestFirst,
  newestIntact,
  type ParamsVersion,
  type Progress,
  superfluous,
  type Units,
} from '@manyhands/core';
import { type HistoryPoint, JobProgramSchema, LIMITS, SpeedMessageSchema } from '@manyhands/protocol';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { z } from 'zod';
import { extend, omit } from 'zod/mini';
import type { MeasuredSpeed } from '../host/speed-table.ts';
import { closeDatabase, inTransaction, openDatabase, reasonOf } from './database.ts';
import { type ReadCheckpoint, type Run, type SavedVersion, type Store, StoreError } from './store.ts';
import { POINTS_MAX, type Thinnable, thinned } from './thinning.ts';
import { bytesOf, sha256Of, vectorOf } from './vector-bytes.ts';

/** Opens the data folder, and makes it when it is not there. Throws a StoreError that says what is wrong with it. */
export function openSqliteStore(folder: string): Store {
  return sqliteStore(openDatabase(folder));
}

/** The store takes the database over and closes it. */
export function sqliteStore(database: DatabaseSyncInstance): Store {
  const sql = prepared();
  /** Points of each run that were written to. */
  const points = new Map<string, number>();

  /** A disk that damaged the names of columns shows it here. */
  function prepared() {
    try {
      return read(() => statements(database));
    } catch (error) {
      closeDatabase(database);
      throw error;
    }
  }

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

  /** The versions that are there, whether or not their bytes are whole. */
  function kept(runId: string): readonly { readonly version: ParamsVersion }[] {
    const rows = read(() => sql.versions.all(runId) as unknown as ParamsVersion[]);
    return rows.map(({ incarnation, step }) => ({ version: { incarnation, step } }));
  }

  function newestKept(runId: string): ParamsVersion | undefined {
    return newestFirst(kept(runId))[0]?.version;
  }

  function insertCheckpoint(runId: string, checkpoint: Checkpoint): SavedVersion {
    const { version, params, state, slots, progress, earned } = checkpoint;
    const { incarnation, step } = version;
    for (const [account, units] of earned) sql.earn.run(runId, account, incarnation, step, units);
    const saved = { version, paramsSha256: sha256Of(params, state), savedAt: Date.now() };
    const row = {
      ...version,
      params_sha256: saved.paramsSha256,
      slots_sha256: sha256Of(...slots),
      progress: JSON.stringify(progress),
      earned: earnedWith(runId, version),
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
      IN_TABLES,
      saved.savedAt,
      sealOf(row),
    );
    return saved;
  }

  /** What was earned with a version, as text: the same for the same rows. */
  function earnedWith(runId: string, { incarnation, step }: ParamsVersion): string {
    return JSON.stringify(sql.earnedWith.all(runId, incarnation, step));
  }

  /** After a save: what a recovery passed over earns nothing, and what was earned with a checkpoint that goes is settled. */
  function tidy(runId: string, saved: ParamsVersion): void {
    for (const { version } of kept(runId)) {
      if (isPassedOver(version, saved)) sql.unearn.run(runId, version.incarnation, version.step);
    }
    for (const { version } of superfluous(kept(runId), LIMITS.versionsKept)) {
      const { incarnation, step } = version;
      sql.settle.run(runId, incarnation, step);
      sql.unearn.run(runId, incarnation, step);
      sql.deleteCheckpoint.run(runId, incarnation, step);
    }
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

    saveProgram(program) {
      write(`The program of ${program.id}`, () => {
        sql.updateProgram.run(JSON.stringify(program), program.id);
      });
    },

    saveCheckpoint(runId, checkpoint, history) {
      let saved: SavedVersion | undefined;
      write(`The checkpoint ${formatVersion(checkpoint.version)}`, () => {
        saved = insertCheckpoint(runId, checkpoint);
        insertHistory(runId, history);
        tidy(runId, checkpoint.version);
      });
      return saved!;
    },

    newestCheckpoint(runId) {
      return newestIntact(kept(runId), ({ version }) =>
        readCheckpoint(
          () => sql.checkpoint.get(runId, version.incarnation, version.step),
          () => earnedWith(runId, version),
          version,
        ),
      );
    },

    newestSaved(runId) {
      return read(() => {
        const newest = newestKept(runId);
        if (newest === undefined) return undefined;
        const row = sql.saved.get(runId, newest.incarnation, newest.step) as unknown as SavedRow;
        return { ...savedOf(row), progress: JSON.parse(row.progress) as Progress };
      });
    },

    vectors(runId, { incarnation, step }) {
      const row = sql.vectors.get(runId, incarnation, step) as unknown as VectorsRow | undefined;
      if (row === undefined || sha256Of(row.params, row.state) !== row.params_sha256) return undefined;
      return { ...savedOf(row), params: row.params, state: row.state };
    },

    credit(runId, account) {
      return read(() => {
        const { units } = sql.credit.get(runId, account, runId, account) as { units: number };
        return { units, version: newestKept(runId)! };
      });
    },

    saveSpeeds(runId, rows) {
      write('The table of speeds', () => {
        sql.saveSpeeds.run(runId, JSON.stringify(rows));
      });
    },

    speeds(runId) {
      const row = read(() => sql.speeds.get(runId)) as { readonly rows: string } | undefined;
      return row === undefined ? [] : readSpeeds(row.rows);
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
  // Never `*`: a column whose name the disk has damaged would be one that is not there.
  const whole = `${saved}, params, state, slots, slot_count, slots_sha256, progress, credit, seal`;
  const one = 'run_id = ? AND incarnation = ? AND step = ?';
  return {
    runs: database.prepare(
      'SELECT id, content_hash, program, created_at FROM run ORDER BY created_at, rowid',
    ),
    insertRun: database.prepare('INSERT INTO run VALUES (?, ?, ?, ?)'),
    updateProgram: database.prepare('UPDATE run SET program = ? WHERE id = ?'),
    insertCheckpoint: database.prepare(
      // A command saves a version again under another status.
      'INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    versions: database.prepare('SELECT incarnation, step FROM checkpoint WHERE run_id = ?'),
    deleteCheckpoint: database.prepare(`DELETE FROM checkpoint WHERE ${one}`),
    checkpoint: database.prepare(`SELECT ${whole} FROM checkpoint WHERE ${one}`),
    saved: database.prepare(`SELECT ${saved}, progress FROM checkpoint WHERE ${one}`),
    vectors: database.prepare(`SELECT ${saved}, params, state FROM checkpoint WHERE ${one}`),
    earn: database.prepare(
      `INSERT INTO earned VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET units = units + excluded.units`,
    ),
    earnedWith: database.prepare(`SELECT account, units FROM earned WHERE ${one} ORDER BY account`),
    unearn: database.prepare(`DELETE FROM earned WHERE ${one}`),
    settle: database.prepare(
      `INSERT INTO settled SELECT run_id, account, units FROM earned WHERE ${one}
       ON CONFLICT DO UPDATE SET units = units + excluded.units`,
    ),
    credit: database.prepare(
      `SELECT coalesce((SELECT units FROM settled WHERE run_id = ? AND account = ?), 0)
            + coalesce((SELECT sum(units) FROM earned WHERE run_id = ? AND account = ?), 0) AS units`,
    ),
    saveSpeeds: database.prepare('INSERT OR REPLACE INTO speeds VALUES (?, ?)'),
    speeds: database.prepare('SELECT rows FROM speeds WHERE run_id = ?'),
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

/** In the column for credit: it is in tables of its own. */
const IN_TABLES = '';

/** The checkpoint of one row, or undefined when its bytes are not those that were written. */
function readCheckpoint(
  read: () => unknown,
  readEarned: () => string,
  version: ParamsVersion,
): ReadCheckpoint | undefined {
  try {
    const row = read() as CheckpointRow;
    if (sha256Of(row.params, row.state) !== row.params_sha256) return undefined;
    if (sha256Of(row.slots) !== row.slots_sha256) return undefined;
    const slotBytes = row.params.byteLength;
    if (row.slots.byteLength !== row.slot_count * slotBytes) return undefined;
    const earned = readEarned();
    // What was written by an earlier version of this program is sealed with the column.
    const sealed = row.credit === IN_TABLES ? earned : row.credit;
    if (row.seal !== null && row.seal !== sealOf({ ...row, earned: sealed })) return undefined;
    const checkpoint: Checkpoint = {
      version,
      params: vectorOf(row.params),
      state: vectorOf(row.state),
      slots: Array.from({ length: row.slot_count }, (_, slot) =>
        vectorOf(row.slots.subarray(slot * slotBytes, (slot + 1) * slotBytes)),
      ),
      progress: JSON.parse(row.progress) as Progress,
      earned: unitsOf(earned),
    };
    return { checkpoint, paramsSha256: row.params_sha256 };
  } catch {
    // A page that SQLite cannot read, or text that is no longer JSON.
    return undefined;
  }
}

/** SHA-256 over what makes a checkpoint one: which it is, its vectors' hashes, progress and what was earned with it. */
function sealOf(row: SealedRow): string {
  const { incarnation, step, params_sha256, slots_sha256, progress, earned } = row;
  const text = JSON.stringify([incarnation, step, params_sha256, slots_sha256, progress, earned]);
  return createHash('sha256').update(text).digest('hex');
}

function unitsOf(text: string): Units {
  const rows = JSON.parse(text) as { readonly account: AccountId; readonly units: number }[];
  return new Map(rows.map(({ account, units }) => [account, units]));
}

/** Nothing depends on it: what the disk has damaged is measured again. */
function readSpeeds(text: string): readonly MeasuredSpeed[] {
  try {
    const rows = MeasuredSpeedsSchema.safeParse(JSON.parse(text));
    return rows.success ? rows.data : [];
  } catch {
    return [];
  }
}

const MeasuredSpeedsSchema = z
  .array(
    extend(omit(SpeedMessageSchema, { secondsPerSample: true }), {
      measurements: z
        .array(
          z.strictObject({
            account: z.string(),
            secondsPerSample: SpeedMessageSchema.shape.secondsPerSample,
            at: z.number(),
          }),
        )
        .min(1)
        .max(LIMITS.speedVoicesMax),
    }),
  )
  .max(LIMITS.speedRowsMax);

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
  readonly earned: string;
}

interface CheckpointRow extends VectorsRow, Omit<SealedRow, 'earned'> {
  /** The whole credit, where it was written before there were tables for it. */
  readonly credit: string;
  readonly seal: string | null;
  readonly slots: Uint8Array;
  readonly slot_count: number;
}

interface PointRow {
  readonly point: number;
  readonly at: number;
  readonly entry: string;
}
