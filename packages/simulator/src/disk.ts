/**
 * A disk as an operating system gives it: what is written lies in memory until a sync is over, and when the power goes
 * before that, each such file is there, or is not, or is torn. What was synced stays, but the medium can let a bit of it go.
 */

import type { ParamsVersion, Random, Units } from '@manyhands/core';
import type { Faults } from './fault.ts';
import type { Timeline } from './timeline.ts';

/** One checkpoint as bytes, under the version that names it. */
export interface DiskFile {
  readonly version: ParamsVersion;
  readonly bytes: Uint8Array;
  /** Rows of a table that were written with it: they come and go with the file, and their bits hold. */
  readonly earned: Units;
}

export class Disk {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #troubled: boolean;
  /** Rows of another table: what was earned with files that are gone. */
  settled: Units = new Map();
  #synced: readonly DiskFile[] = [];
  /** Newer than what is synced. */
  #cached: readonly DiskFile[] = [];
  /** Rises when the power goes: a sync that was under way is never heard of again. */
  #life = 0;

  constructor(timeline: Timeline, random: Random, faults: Faults) {
    this.#timeline = timeline;
    this.#random = random;
    this.#troubled = faults.has('disk');
  }

  /** Oldest first, as they were written. */
  get files(): readonly DiskFile[] {
    return [...this.#synced, ...this.#cached];
  }

  write(file: DiskFile): void {
    this.#cached = [...this.#cached, file];
  }

  remove(files: readonly DiskFile[]): void {
    this.#synced = this.#synced.filter((file) => !files.includes(file));
    this.#cached = this.#cached.filter((file) => !files.includes(file));
  }

  /** Writes the rows beside a file anew. */
  rewrite(file: DiskFile, earned: Units): void {
    const anew = (other: DiskFile) => (other === file ? { ...file, earned } : other);
    this.#synced = this.#synced.map(anew);
    this.#cached = this.#cached.map(anew);
  }

  /** Makes everything durable and says so, or fails and forgets this file, which was written; unless the power goes before. */
  sync(file: DiskFile, done: (durable: boolean) => void): void {
    const life = this.#life;
    const fails = this.#troubled && this.#random.fraction() < FAILURES;
    this.#timeline.after(SYNC_MIN_MS + this.#random.fraction() * SYNC_SPREAD_MS, () => {
      if (life !== this.#life) return;
      // What others wrote meanwhile is theirs to be told of.
      if (fails) this.#cached = this.#cached.filter((other) => other !== file);
      else this.syncNow();
      done(!fails);
    });
  }

  /** As `sync`, for a server that does nothing else meanwhile. */
  syncNow(): void {
    this.#synced = this.files;
    this.#cached = [];
  }

  /** The power goes. */
  cutPower(): void {
    this.#life++;
    const left = this.#cached.flatMap((file) => this.#remainsOf(file));
    this.#synced = [...this.#synced, ...left];
    this.#cached = [];
  }

  /** The newest file loses a bit, where an older one can take its place; its version, or undefined where none did. */
  rot(): ParamsVersion | undefined {
    const newest = this.#synced.at(-1);
    if (!this.#troubled || newest === undefined || this.#synced.length < 3) return undefined;
    const bytes = newest.bytes.slice();
    const at = this.#random.below(bytes.length);
    bytes[at] = bytes[at]! ^ (1 << this.#random.below(8));
    this.#synced = [...this.#synced.slice(0, -1), { ...newest, bytes }];
    return newest.version;
  }

  #remainsOf(file: DiskFile): DiskFile[] {
    const fate = this.#random.fraction();
    if (fate < 0.4) return [];
    if (fate < 0.7 || !this.#troubled) return [file];
    // The length is in the directory before the data is on the platter: what is missing reads as zeros.
    const bytes = new Uint8Array(file.bytes.length);
    bytes.set(file.bytes.subarray(0, this.#random.below(bytes.length)));
    return [{ ...file, bytes }];
  }
}

const FAILURES = 0.3;
const SYNC_MIN_MS = 5;
const SYNC_SPREAD_MS = 300;
