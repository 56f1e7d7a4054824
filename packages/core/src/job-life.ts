/**
 * The life of a job: whether it runs, and what of it is durable. A status that ends a job is true only once the checkpoint
 * that holds it is durable, so between the wish and the truth the job is `ending`: no lease goes out, nothing else can be
 * asked, and saving is tried until it succeeds.
 */

import type { Checkpoint, JobStatus } from './checkpoint.ts';
import type { Effect } from './effect.ts';
import type { CheckpointPolicy } from './job.ts';
import type { ParamsVersion } from './params.ts';

/** What a life needs of the coordinator whose it is. */
export interface LifeSurroundings {
  emit(effect: Effect): void;
  /** All that is needed to go on from here, under this status. */
  checkpoint(status: JobStatus): Checkpoint;
}

/** Time between two attempts to make a status durable. */
const SAVE_RETRY_MS = 2_000;

export class JobLife {
  readonly #policy: CheckpointPolicy;
  readonly #surroundings: LifeSurroundings;
  #status: JobStatus;
  /** The status that becomes true when the checkpoint that holds it is durable. */
  #ending: 'stopped' | 'finished' | undefined;
  #drain: 'not asked' | 'asked' | 'done' = 'not asked';
  #durable: ParamsVersion | undefined;
  /** The status in the checkpoint that is being written; undefined when none is. */
  #saving: JobStatus | undefined;
  /** The status in the newest checkpoint that is durable. */
  #savedStatus: JobStatus;
  #savedStep: number;
  #savedAtMs = 0;

  constructor(policy: CheckpointPolicy, from: Checkpoint, surroundings: LifeSurroundings) {
    this.#policy = policy;
    this.#surroundings = surroundings;
    this.#status = from.progress.status;
    this.#savedStatus = from.progress.status;
    this.#savedStep = from.version.step;
  }

  get status(): JobStatus {
    return this.#status;
  }

  get ending(): boolean {
    return this.#ending !== undefined;
  }

  /** Leases may go out. */
  get grants(): boolean {
    return this.#status === 'running' && !this.ending && this.#drain === 'not asked';
  }

  get durable(): ParamsVersion | undefined {
    return this.#durable;
  }

  pause(nowMs: number): void {
    if (this.#status === 'running') this.#command('paused', nowMs);
  }

  resume(nowMs: number): void {
    if (this.#status === 'paused' || this.#status === 'stopped') this.#command('running', nowMs);
  }

  /** False when it has ended, or is about to. Otherwise the caller ends what is live and then calls `save`. */
  end(as: 'stopped' | 'finished'): boolean {
    if (this.ending || this.#status === 'finished' || this.#status === as) return false;
    this.#ending = as;
    return true;
  }

  drain(): void {
    if (this.#drain === 'not asked') this.#drain = 'asked';
  }

  /** To be told after every turn whether an answer may still come. */
  turned(isAwaited: () => boolean): void {
    if (this.#drain !== 'asked' || isAwaited()) return;
    this.#drain = 'done';
    this.#surroundings.emit({ type: 'drained' });
  }

  /**
   * A status that a person asked for is written until the disk takes it: a crash must not undo a pause. An end is owed even where the
   * newest checkpoint says the same, from before the job was resumed: it holds another version, and nobody was told.
   */
  retrySave(nowMs: number): void {
    const owed = this.ending || this.#status !== this.#savedStatus;
    if (owed && nowMs - this.#savedAtMs >= SAVE_RETRY_MS) this.save(nowMs);
  }

  saveWhenDue(step: number, nowMs: number): void {
    const { everySteps, everyMs } = this.#policy;
    if (step === this.#savedStep || this.ending) return;
    if (step - this.#savedStep >= everySteps || nowMs - this.#savedAtMs >= everyMs) this.save(nowMs);
  }

  /** One save at a time: while the disk is busy the next one waits and then holds what is newest. */
  save(nowMs: number): void {
    if (this.#saving !== undefined) return;
    this.#saving = this.#ending ?? this.#status;
    const checkpoint = this.#surroundings.checkpoint(this.#saving);
    this.#savedStep = checkpoint.version.step;
    this.#savedAtMs = nowMs;
    this.#surroundings.emit({ type: 'save', checkpoint });
  }

  saved(version: ParamsVersion, nowMs: number): void {
    const saved = this.#saving;
    this.#saving = undefined;
    this.#savedStatus = saved ?? this.#savedStatus;
    this.#durable = version;
    this.#surroundings.emit({ type: 'record', entry: { kind: 'durable', version } });
    if (this.#ending !== undefined && saved === this.#ending) {
      this.#ending = undefined;
      this.#become(saved);
    } else if (saved !== (this.#ending ?? this.#status)) {
      this.save(nowMs);
    }
  }

  notSaved(version: ParamsVersion, nowMs: number): void {
    this.#saving = undefined;
    this.#savedAtMs = nowMs;
    this.#surroundings.emit({ type: 'record', entry: { kind: 'not-durable', version } });
  }

  #command(to: JobStatus, nowMs: number): void {
    if (this.ending) return;
    this.#become(to);
    this.save(nowMs);
  }

  #become(status: JobStatus): void {
    this.#status = status;
    this.#surroundings.emit({ type: 'status', status });
    this.#surroundings.emit({ type: 'record', entry: { kind: 'status', status } });
  }
}
