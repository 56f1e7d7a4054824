/**
 * The SQLite file of a data folder. WAL lets the HTTP thread read while the host writes; `synchronous = FULL` makes a
 * commit wait for the disk, which is what *durable* means here. Every frame of the log carries a checksum over all before
 * it, so that a commit that was torn by a crash is as if it had never begun.
 */

import { join } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { makeFolder } from './folder.ts';
import { MIGRATIONS } from './schema.ts';
import { StoreError } from './store.ts';

export const DATABASE_FILE = 'manyhands.db';

/** After a burst the log is cut back to this. */
const LOG_BYTES_MAX = 64 * 1024 * 1024;

const REASON_CHARACTERS_MAX = 160;

/** Opens the data folder, and makes it when it is not there. Throws a StoreError that says what is wrong with it. */
export function openDatabase(folder: string): DatabaseSyncInstance {
  const file = join(folder, DATABASE_FILE);
  let database: DatabaseSyncInstance | undefined;
  try {
    makeFolder(folder);
    database = new DatabaseSync(file, { timeout: 5_000 });
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
       PRAGMA journal_size_limit = ${LOG_BYTES_MAX}`,
    );
    migrate(database, file);
    return database;
  } catch (error) {
    database?.close();
    throw error instanceof StoreError ? error : unusable(folder, error);
  }
}

/** Carries the log over into the file, so that the file alone can be copied; where others read, the last of them does. */
export function closeDatabase(database: DatabaseSyncInstance): void {
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // Nothing is lost: the next start reads the log.
  }
  database.close();
}

export function inTransaction(database: DatabaseSyncInstance, change: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    change();
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** What SQLite says, on one line: of a damaged schema it quotes pages. */
export function reasonOf(error: unknown): string {
  const said = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ');
  return said.length > REASON_CHARACTERS_MAX ? `${said.slice(0, REASON_CHARACTERS_MAX)}…` : said;
}

function migrate(database: DatabaseSyncInstance, file: string): void {
  const { user_version: applied } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (applied > MIGRATIONS.length) {
    throw new StoreError(
      `${file} was written by a newer version of Manyhands: start that version, or choose another data folder.`,
    );
  }
  inTransaction(database, () => {
    for (const migration of MIGRATIONS.slice(applied)) database.exec(migration);
    // Also where there is nothing to migrate: it proves, before anything depends on it, that the file can be written.
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
  });
}

function unusable(folder: string, error: unknown): StoreError {
  const reason = reasonOf(error);
  const advice = /malformed|not a database/.test(reason)
    ? 'the disk has damaged it; put a copy back, or choose another folder'
    : 'choose a folder that this user may write to and whose disk has room';
  return new StoreError(`The data folder ${folder} cannot be used (${reason}): ${advice}.`, { cause: error });
}
