/**
 * What survives a crash. A store keeps runs, their checkpoints and their history, and makes one promise: when
 * `saveCheckpoint` returns, everything in it can be read back after the power went, and before it returns none of it can.
 *
 * History is written in the transaction of the checkpoint that follows it, so that after a crash the curve ends where the
 * parameters do. Every checkpoint carries the hash of its vectors, and a reader never sees one that does not match: the
 * newest good checkpoint wins, and a bad one is named.
 *
 * A run may take millions of steps, so its history is thinned as it grows: see `thinning.ts`.
 */

import type { AccountId, Checkpoint, ParamsVersion, Progress, RecoveredCheckpoint } from '@manyhands/core';
import type { HistoryPoint, JobProgram } from '@manyhands/protocol';
import type { MeasuredSpeed } from '../host/speed-table.ts';

/** One training run: what decides its result is as it was when it began. */
export interface Run {
  readonly id: string;
  /** Names the job's content: the same content resumes, another begins a new run. */
  readonly contentHash: string;
  readonly program: JobProgram;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface Store {
  /** Every run, oldest first. */
  runs(): readonly Run[];
  /** Begins a run with its first checkpoint, in one transaction. */
  createRun(run: Run, first: Checkpoint): SavedVersion;
  /** Writes down how a run is spoken of now: its title, its operator, which page tries it. */
  saveProgram(program: JobProgram): void;

  /**
   * Makes a checkpoint and the history up to it durable in one transaction, and drops all but the newest
   * `LIMITS.versionsKept` checkpoints. Only reads its arguments. Throws a StoreError when the world does not allow it.
   */
  saveCheckpoint(runId: string, checkpoint: Checkpoint, history: readonly HistoryPoint[]): SavedVersion;
  /** The newest checkpoint whose bytes are those that were written; undefined when there is none. */
  newestCheckpoint(runId: string): (ReadCheckpoint & RecoveredCheckpoint) | undefined;
  /** The newest saved version and how far the run had come, without reading its vectors. */
  newestSaved(runId: string): (SavedVersion & { readonly progress: Progress }) | undefined;
  /** The vectors of one checkpoint: parameters, then non-trainable state. Undefined when it is not kept or damaged. */
  vectors(runId: string, version: ParamsVersion): SavedVectors | undefined;

  /** Units of this account in every version up to the newest saved one: what is acknowledged. */
  credit(runId: string, account: AccountId): { readonly units: number; readonly version: ParamsVersion };

  /** A run's table of speeds takes the place of the one before. */
  saveSpeeds(runId: string, rows: readonly MeasuredSpeed[]): void;
  /** As it was saved last; empty where it never was, or cannot be read. */
  speeds(runId: string): readonly MeasuredSpeed[];

  /** Makes points durable that no checkpoint follows. */
  appendHistory(runId: string, points: readonly HistoryPoint[]): void;
  /** At most `limit` points from this index on, in order. */
  history(runId: string, from: number, limit: number): readonly HistoryPoint[];
  /** The index that the next point gets. */
  historyLength(runId: string): number;

  close(): void;
}

export interface SavedVersion {
  readonly version: ParamsVersion;
  /** SHA-256 of the parameters as little-endian float32, then of the non-trainable state, in hex. */
  readonly paramsSha256: string;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
}

export interface SavedVectors extends SavedVersion {
  readonly params: Uint8Array;
  readonly state: Uint8Array;
}

export interface ReadCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly paramsSha256: string;
}

/** The disk did not allow it. The message is one sentence for a person. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}
