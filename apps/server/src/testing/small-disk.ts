/**
 * A disk of a few MiB that can really be full: a file system in memory, which Linux lets root mount and nobody else. What is
 * tried on it is the answer of the system, ENOSPC, and not a limit that SQLite sets for itself.
 */

import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  readonly folder: string;
  /** Takes all the room that is left. */
  fill(): void;
  makeRoom(): void;
  /** Nothing of it is left. */
  unmount(): void;
}

/** Where none can be mounted, a sentence that says so. */
export function mountSmallDisk(): SmallDisk | string {
  const folder = mkdtempSync(join(tmpdir(), 'manyhands-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', folder], { stdio: 'pipe' });
  } catch {
    rmdirSync(folder);
    return 'Only root on Linux can mount a small disk, so none was filled.';
  }
  const filler = join(folder, 'filler');
  return {
    folder,
    fill() {
      const file = openSync(filler, 'a');
      try {
        for (;;) writeSync(file, FILLING);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    makeRoom: () => rmSync(filler),
    unmount() {
      // Lazily: a test that fails leaves its files open.
      execFileSync('umount', ['-l', folder]);
      rmdirSync(folder);
    },
  };
}

const DISK_BYTES = 8 * 1024 * 1024;
/** A page of memory is the least that such a disk gives out. */
const FILLING = Buffer.alloc(4_096);
