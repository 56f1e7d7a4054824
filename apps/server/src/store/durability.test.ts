/** What becomes of a data folder when the machine dies, the disk fills up, or bytes rot. */

import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { underNewName } from '@manyhands/core';
import { LIMITS } from '@manyhands/protocol';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mountSmallDisk } from '../testing/small-disk.ts';
import { DATABASE_FILE, openDatabase } from './database.ts';
import { lockFolder } from './folder-lock.ts';
import { MIGRATIONS } from './schema.ts';
import { openSqliteStore, sqliteStore } from './sqlite.ts';
import { type Store, StoreError } from './store.ts';
import { ACCOUNT, checkpoint, point, run } from './testing/store-contract.ts';
import { POINTS_MAX } from './thinning.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'manyhands-store-'));
  folders.push(folder);
  return folder;
}

const LOG_FILE = `${DATABASE_FILE}-wal`;
const LAST_STEP = 12;

/** A folder as a power cut leaves it: its file, its log, and how long the log was after each step was saved. */
interface Wreck {
  readonly file: Buffer;
  readonly log: Buffer;
  readonly logLengths: readonly number[];
}

function wreck(carriedOverAt: number | undefined): Wreck {
  const folder = newFolder();
  const store = openSqliteStore(folder);
  const logLengths: number[] = [];
  store.createRun(run('a'), checkpoint(1, 0));
  for (let step = 0; step <= LAST_STEP; step++) {
    store.saveCheckpoint('a', checkpoint(1, step), [point(step)]);
    if (step === carriedOverAt) {
      const disk = new DatabaseSync(join(folder, DATABASE_FILE));
      disk.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      disk.close();
    }
    logLengths.push(statSync(join(folder, LOG_FILE)).size);
  }
  const [file, log] = [DATABASE_FILE, LOG_FILE].map((name) => readFileSync(join(folder, name)));
  store.close();
  return { file: file!, log: log!, logLengths };
}

/** What a start finds in a folder with these files. */
function afterwards<Answer>(file: Buffer, log: Buffer, look: (store: Store) => Answer): Answer {
  const folder = newFolder();
  writeFileSync(join(folder, DATABASE_FILE), file);
  writeFileSync(join(folder, LOG_FILE), log);
  const store = openSqliteStore(folder);
  try {
    return look(store);
  } finally {
    store.close();
  }
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 0xff;
  return copy;
}

describe('After a power cut', () => {
  let torn: Wreck;
  beforeAll(() => {
    torn = wreck(3);
  });

  /** The last step whose commit ends before this place of the log; those up to 3 are in the file. */
  const lastBefore = (at: number) =>
    torn.logLengths.findLastIndex((length, step) => step <= 3 || length <= at);

  test('[ST19] wherever the log was cut, every commit before the cut is there and nothing of one after it', () => {
    fc.assert(
      fc.property(fc.nat(torn.log.length), (at) => {
        const found = afterwards(torn.file, torn.log.subarray(0, at), (store) => ({
          newest: store.newestCheckpoint('a'),
          history: store.history('a', 0, 100).length,
        }));
        const step = lastBefore(at);
        expect(found.newest?.checkpoint).toEqual(checkpoint(1, step));
        expect(found.history).toBe(step + 1);
      }),
      { numRuns: 40 },
    );
  });

  test('[ST20] wherever the log is garbled, what was committed before that place is there, byte for byte', () => {
    fc.assert(
      fc.property(fc.nat(torn.log.length - 1), (at) => {
        const newest = afterwards(torn.file, flipped(torn.log, at), (store) => store.newestCheckpoint('a'));
        expect(newest?.checkpoint).toEqual(checkpoint(1, lastBefore(at)));
      }),
      { numRuns: 40 },
    );
  });

  test('[ST21] wherever the file is garbled or cut, a start finds a checkpoint as it was saved, or says so in one sentence', () => {
    const { file } = wreck(LAST_STEP);
    const none = Buffer.alloc(0);
    const rot = fc.record({ at: fc.nat(file.length - 1), cut: fc.boolean() });
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(rot, ({ at, cut }) => {
        const bytes = cut ? file.subarray(0, at) : flipped(file, at);
        try {
          const newest = afterwards(bytes, none, (store) =>
            store.runs().some(({ id }) => id === 'a') ? store.newestCheckpoint('a') : undefined,
          );
          outcomes.add(newest === undefined ? 'nothing' : 'found');
          if (newest !== undefined) {
            expect(newest.checkpoint).toEqual(checkpoint(1, newest.checkpoint.version.step));
          }
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          outcomes.add('refused');
          // The number of the file's version is a byte like any other.
          expect(error.message).toMatch(
            /^The data (folder|file) .*\.$|was written by a newer version of Manyhands: .*\.$/,
          );
        }
      }),
      { numRuns: 100 },
    );
    expect(outcomes).toContain('found');
    expect(outcomes).toContain('refused');
  });

  test.each(['content_hash', 'slot_count', 'saved_at', 'seal'])(
    '[ST21] a name of a column that was changed is one sentence: %s',
    (column) => {
      const { file } = wreck(LAST_STEP);
      const at = file.indexOf(`${column} `);
      expect(() => afterwards(flipped(file, at), Buffer.alloc(0), (store) => store.runs())).toThrow(
        /^The data file cannot be read \(no such column.*another data folder\.$/,
      );
    },
  );

  test('[ST21] a table whose words are none is one sentence, however many lines of it are quoted', () => {
    const { file } = wreck(LAST_STEP);
    const damaged = Buffer.from(file);
    damaged.write('`', file.indexOf('params        BLOB'));
    expect(() => afterwards(damaged, Buffer.alloc(0), (store) => store.runs())).toThrow(
      /^The data folder .* cannot be used \(malformed database schema .{1,150}…\): .*another folder\.$/,
    );
  });

  test.each([
    ['credit', 'UPDATE earned SET units = 99 WHERE step = 12'],
    ['number of slots', 'UPDATE checkpoint SET slot_count = slot_count + 1 WHERE step = 12'],
    ['progress', `UPDATE checkpoint SET progress = replace(progress, 'running', 'stopped') WHERE step = 12`],
  ])('[ST22] a checkpoint whose %s was changed is passed over', (_, change) => {
    const folder = newFolder();
    const store = openSqliteStore(folder);
    store.createRun(run('a'), checkpoint(1, 0));
    store.saveCheckpoint('a', checkpoint(1, 12), []);
    const disk = new DatabaseSync(join(folder, DATABASE_FILE));
    disk.exec(change);
    disk.close();
    expect(store.newestCheckpoint('a')).toMatchObject({
      checkpoint: checkpoint(1, 0),
      damaged: [{ incarnation: 1, step: 12 }],
    });
    store.close();
  });

  test('[ST23] a folder of the first version of the file goes on', () => {
    const folder = newFolder();
    const store = openSqliteStore(folder);
    store.createRun(run('a'), checkpoint(1, 4));
    store.close();
    const disk = new DatabaseSync(join(folder, DATABASE_FILE));
    toSecondVersion(disk, { '1-4': { [ACCOUNT]: 4 } });
    disk.exec('ALTER TABLE checkpoint DROP COLUMN seal; PRAGMA user_version = 1');
    disk.close();
    expect(MIGRATIONS.length).toBeGreaterThan(1);
    const after = openSqliteStore(folder);
    expect(after.newestCheckpoint('a')?.checkpoint).toEqual(checkpoint(1, 4));
    expect(after.credit('a', ACCOUNT).units).toBe(4);
    after.close();
  });

  /** A run of the second version, in which checkpoints held the whole credit, and one was passed over. */
  function folderOfSecondVersion(): string {
    const folder = newFolder();
    const store = openSqliteStore(folder);
    store.createRun(run('a'), checkpoint(1, 0));
    for (const [incarnation, step] of [
      [1, 10],
      [1, 20],
      [2, 10],
      [2, 20],
    ] as const) {
      store.saveCheckpoint('a', checkpoint(incarnation, step), []);
    }
    store.close();
    const disk = new DatabaseSync(join(folder, DATABASE_FILE));
    toSecondVersion(disk, {
      '1-0': {},
      '1-10': { [ACCOUNT]: 10 },
      '1-20': { [ACCOUNT]: 13, other: 7 },
      '2-10': { [ACCOUNT]: 10 },
      '2-20': { [ACCOUNT]: 15, other: 5 },
    });
    disk.close();
    return folder;
  }

  test('[ST23] in a folder of the second version the credit that checkpoints held is what it was', () => {
    const store = openSqliteStore(folderOfSecondVersion());
    const credits = () => [ACCOUNT, 'other'].map((account) => store.credit('a', account).units);
    expect(credits()).toEqual([15, 5]);
    expect(store.newestCheckpoint('a')).toMatchObject({
      checkpoint: { version: { incarnation: 2, step: 20 } },
      damaged: [],
    });
    for (let step = 21; step <= 60; step++)
      store.saveCheckpoint('a', { ...checkpoint(2, step), earned: new Map([['other', 1]]) }, []);
    expect(credits()).toEqual([15, 45]);
    store.close();
  });

  test('[ST23] and what was earned with a damaged one of its checkpoints is counted once when it is computed again', () => {
    const folder = folderOfSecondVersion();
    const disk = new DatabaseSync(join(folder, DATABASE_FILE));
    disk.exec(`UPDATE checkpoint SET seal = 'x' WHERE incarnation = 2 AND step = 20`);
    disk.close();
    const store = openSqliteStore(folder);
    const from = underNewName(store.newestCheckpoint('a')!);
    expect(from.version).toEqual({ incarnation: 3, step: 10 });
    store.saveCheckpoint('a', from, []);
    const credits = () => [ACCOUNT, 'other'].map((account) => store.credit('a', account).units);
    expect(credits()).toEqual([10, 0]);
    store.saveCheckpoint('a', { ...checkpoint(3, 20), earned: new Map([['other', 10]]) }, []);
    expect(credits()).toEqual([10, 10]);
    store.close();
  });
});

describe('A disk that allows less than it should', () => {
  test('[ST24] when it is full a save fails whole, what was there stays, and with room the next one succeeds', () => {
    const database = openDatabase(newFolder());
    const store = sqliteStore(database);
    store.createRun(run('a'), checkpoint(1, 0));
    const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number };
    database.exec(`PRAGMA max_page_count = ${pages + 2}`);
    const large = (step: number) => ({ ...checkpoint(1, step), params: new Float32Array(10_000).fill(step) });
    expect(() => store.saveCheckpoint('a', large(1), [point(0)])).toThrow(
      /^The checkpoint 1-1 could not be written \(.*full.*\)\.$/,
    );
    expect(store.newestCheckpoint('a')?.checkpoint).toEqual(checkpoint(1, 0));
    expect(store.history('a', 0, 10)).toEqual([]);
    database.exec('PRAGMA max_page_count = 100000');
    store.saveCheckpoint('a', large(2), [point(0)]);
    expect(store.newestSaved('a')?.version.step).toBe(2);
    store.close();
  });

  test('[ST24] so it is when the system says that it is full, and who starts on it is told in one sentence', ({
    skip,
  }) => {
    const disk = mountSmallDisk();
    if (typeof disk === 'string') return skip(disk);
    try {
      const store = openSqliteStore(disk.folder);
      const large = (step: number) => ({
        ...checkpoint(1, step),
        params: new Float32Array(10_000).fill(step),
        slots: [],
      });
      store.createRun(run('a'), checkpoint(1, 0));
      store.saveCheckpoint('a', large(1), [point(0)]);
      disk.fill();
      for (const step of [2, 3]) {
        expect(() => store.saveCheckpoint('a', large(step), [point(1)])).toThrow(
          new RegExp(`^The checkpoint 1-${step} could not be written \\(.*full.*\\)\\.$`),
        );
      }
      expect(store.newestCheckpoint('a')?.checkpoint).toEqual(large(1));
      expect(store.history('a', 0, 10)).toEqual([point(0)]);
      expect(() => openSqliteStore(disk.folder)).toThrow(
        /cannot be used \(.*full.*\): .*whose disk has room/,
      );
      disk.makeRoom();
      store.saveCheckpoint('a', large(4), [point(1)]);
      store.close();
      const after = openSqliteStore(disk.folder);
      expect(after.newestCheckpoint('a')?.checkpoint).toEqual(large(4));
      expect(after.history('a', 0, 10)).toEqual([point(0), point(1)]);
      after.close();
    } finally {
      disk.unmount();
    }
  });

  test('[ST25] a folder where none can be made is refused at once', () => {
    expect(() => openSqliteStore('/proc/manyhands/data')).toThrow(/cannot be used/);
    expect(() => lockFolder('/proc/manyhands')).toThrow(/cannot be used/);
  });

  test('[ST25] a folder that may only be read is refused, whether or not a file is in it', () => {
    const [empty, used] = [newFolder(), newFolder()];
    const store = openSqliteStore(used);
    store.createRun(run('a'), checkpoint(1, 0));
    store.close();
    for (const folder of [empty, used]) chmodSync(folder, 0o555);
    asSomebody(() => {
      for (const folder of [empty, used]) {
        expect(() => openSqliteStore(folder)).toThrow(/choose a folder that this user may write to/);
        expect(() => lockFolder(folder)).toThrow(/choose a folder that this user may write to/);
      }
    });
    for (const folder of [empty, used]) chmodSync(folder, 0o700);
  });

  test('[ST26] its file is bounded, however many checkpoints and points are written', () => {
    const folder = newFolder();
    const store = openSqliteStore(folder);
    store.createRun(run('a'), checkpoint(1, 0));
    let next = 0;
    const write = (steps: number) => {
      for (let step = 1; step <= steps; step++) {
        const points = Array.from({ length: 100 }, () => point(next++));
        store.saveCheckpoint('a', checkpoint(1, next), points);
      }
    };
    const bytes = () => statSync(join(folder, DATABASE_FILE)).size + statSync(join(folder, LOG_FILE)).size;
    write((2 * POINTS_MAX) / 100);
    const before = bytes();
    write((2 * POINTS_MAX) / 100);
    expect(bytes()).toBeLessThanOrEqual(before * 1.1);
    store.close();
  });

  test('[ST31] what a save writes is as much after 20,000 accounts as after a hundred, and each of them takes up to 100 bytes', () => {
    const folder = newFolder();
    const store = openSqliteStore(folder);
    const disk = new DatabaseSync(join(folder, DATABASE_FILE));
    const fileBytes = () => {
      disk.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      return statSync(join(folder, DATABASE_FILE)).size;
    };
    store.createRun(run('a'), checkpoint(1, 0));
    let accounts = 0;
    let step = 0;
    const save = (helpers: number) => {
      const newcomers = Array.from({ length: helpers }, () => sha(accounts++).slice(0, 32));
      const earned = new Map(newcomers.map((account) => [account, 4]));
      store.saveCheckpoint('a', { ...checkpoint(1, ++step), earned }, []);
    };
    /** Bytes that a save of ten helpers writes, when all that are kept were like it. */
    const written = () => {
      for (let i = 0; i <= LIMITS.versionsKept; i++) save(10);
      fileBytes();
      save(10);
      return statSync(join(folder, LOG_FILE)).size;
    };
    const [before, small] = [written(), fileBytes()];
    for (let i = 0; i < 40; i++) save(500);
    const [after, large] = [written(), fileBytes()];
    expect(accounts).toBeGreaterThan(20_000);
    // A row may lie on a page of its own; all of the credit in every checkpoint were 900 kB.
    expect(after - before).toBeLessThan(10 * 2 * 4_200);
    expect((large - small) / 20_000).toBeLessThan(100);
    disk.close();
    store.close();
  });

  test('[ST27] a closed folder is one file, which alone is the whole', () => {
    const [folder, copy] = [newFolder(), newFolder()];
    const store = openSqliteStore(folder);
    store.createRun(run('a'), checkpoint(1, 0));
    store.saveCheckpoint('a', checkpoint(1, 5), [point(0)]);
    store.close();
    copyFileSync(join(folder, DATABASE_FILE), join(copy, DATABASE_FILE));
    const copied = openSqliteStore(copy);
    expect(copied.newestCheckpoint('a')?.checkpoint).toEqual(checkpoint(1, 5));
    copied.close();
  });
});

/** Takes a file back to what the second version of this program wrote: the whole credit stands in every checkpoint. */
function toSecondVersion(
  disk: DatabaseSyncInstance,
  credit: Readonly<Record<string, Readonly<Record<string, number>>>>,
): void {
  const write = disk.prepare('UPDATE checkpoint SET credit = ?, seal = ? WHERE incarnation = ? AND step = ?');
  for (const row of disk.prepare('SELECT * FROM checkpoint').all() as unknown as SealedColumns[]) {
    const { incarnation, step, params_sha256, slots_sha256, progress } = row;
    const whole = JSON.stringify(Object.entries(credit[`${incarnation}-${step}`]!));
    const seal = sha(JSON.stringify([incarnation, step, params_sha256, slots_sha256, progress, whole]));
    write.run(whole, seal, incarnation, step);
  }
  disk.exec('DROP TABLE earned; DROP TABLE settled; DROP TABLE speeds; PRAGMA user_version = 2');
}

interface SealedColumns {
  readonly incarnation: number;
  readonly step: number;
  readonly params_sha256: string;
  readonly slots_sha256: string;
  readonly progress: string;
}

function sha(of: string | number): string {
  return createHash('sha256').update(String(of)).digest('hex');
}

/** Nothing is forbidden to root: it does this as the user that has no files. */
function asSomebody(act: () => void): void {
  if (process.geteuid?.() !== 0) return act();
  process.seteuid!('nobody');
  try {
    act();
  } finally {
    process.seteuid!(0);
  }
}
