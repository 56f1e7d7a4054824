/** One server for each data folder: two would train the same run under the same names. */

import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { makeFolder } from './folder.ts';
import { StoreError } from './store.ts';

/**
 * Claims the folder until what it returns is called or the process ends, however it ends: the lock is an open
 * transaction on a file of its own. Throws a StoreError when another has it.
 */
export function lockFolder(folder: string): () => void {
  let database: InstanceType<typeof DatabaseSync> | undefined;
  try {
    makeFolder(folder);
    database = new DatabaseSync(join(folder, 'lock.db'), { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw /locked|busy/i.test(reason)
      ? new StoreError(
          `The data folder ${folder} is in use by another server: stop that one, or choose another folder.`,
        )
      : new StoreError(
          `The data folder ${folder} cannot be used (${reason}): choose a folder that this user may write to.`,
        );
  }
  const held = database;
  return () => held.close();
}
