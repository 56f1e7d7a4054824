import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import { openSqliteStore } from './sqlite.ts';
import { StoreError } from './store.ts';
import { checkpoint, describeStore, point, run } from './testing/store-contract.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'manyhands-store-'));
  folders.push(folder);
  return folder;
}

describeStore('The SQLite store', () => openSqliteStore(newFolder()));

describe('The SQLite store on its disk', () => {
  test('[ST10] everything is there after the file was opened again', () => {
    const folder = newFolder();
    const before = openSqliteStore(folder);
    before.createRun(run('a'), checkpoint(1, 0));
    before.saveCheckpoint('a', checkpoint(1, 3), [point(0)]);
    before.close();
    const after = openSqliteStore(folder);
    expect(after.newestCheckpoint('a')?.checkpoint).toEqual(checkpoint(1, 3));
    expect(after.history('a', 0, 10)).toEqual([point(0)]);
    after.close();
  });

  test('[ST11] what one connection has saved another reads at once', () => {
    const folder = newFolder();
    const [host, pages] = [openSqliteStore(folder), openSqliteStore(folder)];
    host.createRun(run('a'), checkpoint(1, 0));
    host.saveCheckpoint('a', checkpoint(1, 3), []);
    expect(pages.newestSaved('a')?.version.step).toBe(3);
    host.close();
    pages.close();
  });

  test.each(['params', 'state', 'slots'])(
    '[ST12] a checkpoint with damaged %s is passed over and named',
    (vector) => {
      const folder = newFolder();
      const store = openSqliteStore(folder);
      store.createRun(run('a'), checkpoint(1, 0));
      store.saveCheckpoint('a', checkpoint(2, 3), []);
      const disk = new DatabaseSync(join(folder, 'manyhands.db'));
      disk.exec(`UPDATE checkpoint SET ${vector} = zeroblob(length(${vector})) WHERE step = 3`);
      disk.close();
      expect(store.newestCheckpoint('a')).toMatchObject({
        checkpoint: checkpoint(1, 0),
        damaged: [{ incarnation: 2, step: 3 }],
        incarnationMax: 2,
      });
      store.close();
    },
  );

  test.each(['{', '[]]', '[{"adapter":"x"}]', '7'])(
    '[ST33] a table of speeds that is none (%s) is begun anew',
    (rows) => {
      const folder = newFolder();
      const store = openSqliteStore(folder);
      store.createRun(run('a'), checkpoint(1, 0));
      store.saveSpeeds('a', []);
      const disk = new DatabaseSync(join(folder, 'manyhands.db'));
      disk.prepare('UPDATE speeds SET rows = ?').run(rows);
      disk.close();
      expect(store.speeds('a')).toEqual([]);
      store.close();
    },
  );

  test('[ST13] a folder that cannot be written is one sentence', () => {
    const file = join(newFolder(), 'occupied');
    writeFileSync(file, '');
    expect(() => openSqliteStore(file)).toThrow(StoreError);
    expect(() => openSqliteStore(file)).toThrow(/^The data folder .* cannot be used .*: choose a folder/);
  });

  test('[ST14] a file that is no database is one sentence and stays as it was', () => {
    const folder = newFolder();
    const letter = 'this is a letter and no database at all'.repeat(100);
    writeFileSync(join(folder, 'manyhands.db'), letter);
    expect(() => openSqliteStore(folder)).toThrow(/cannot be used/);
    expect(readFileSync(join(folder, 'manyhands.db'), 'utf8')).toBe(letter);
  });

  test('[ST15] a file of a newer version is refused', () => {
    const folder = newFolder();
    openSqliteStore(folder).close();
    const disk = new DatabaseSync(join(folder, 'manyhands.db'));
    disk.exec('PRAGMA user_version = 99');
    disk.close();
    expect(() => openSqliteStore(folder)).toThrow(/written by a newer version of Manyhands/);
  });

  test('[ST16] a history line that is in already takes its whole transaction back', () => {
    const store = openSqliteStore(newFolder());
    store.createRun(run('a'), checkpoint(1, 0));
    store.appendHistory('a', [point(0)]);
    expect(() => store.saveCheckpoint('a', checkpoint(1, 9), [point(0)])).toThrow(StoreError);
    expect(store.newestSaved('a')?.version.step).toBe(0);
    store.close();
  });
});
