/**
 * What the gradients of this volunteer become on their way: frames in the codec of the job. What a lossy one leaves out is
 * kept here and goes with the next, and whether an answer counted decides what that is (`core/codec/error-feedback`). While
 * nothing is computed it lies in the browser's store, where it outlives the tab.
 */

import {
  type Codec,
  commit,
  contributionCodec,
  contributionLength,
  deposit,
  type ErrorFeedback,
  hash32,
  layoutSize,
  startErrorFeedback,
  takeBack,
  withdraw,
  withhold,
} from '@manyhands/core';
import { encodeFrame, type JobProgram } from '@manyhands/protocol';
import type { ResidualRun, ResidualStore } from './residual-store.ts';
import type { Answer } from './workshop.ts';

type Gradient = Extract<Answer, { readonly kind: 'train' }>;

export class Contributions {
  readonly #seed: number;
  readonly #codec: Codec;
  /** Undefined where nothing is left out. */
  #feedback: ErrorFeedback | undefined;
  readonly #store: ResidualStore;
  readonly #run: ResidualRun;
  /** Whether what was not sent is here, and the store has none of it. */
  #isHere = false;
  #taking: Promise<void> = Promise.resolve();
  #isTaking = false;
  #lost = 0;
  #overflowsTold = 0;

  constructor(program: JobProgram, server: string, store: ResidualStore) {
    const { model, seed, codec = FLOAT32 } = program;
    const shape = { params: layoutSize(model.params), state: layoutSize(model.state) };
    this.#seed = seed;
    this.#codec = contributionCodec(codec, shape);
    if (codec.kind !== 'float32')
      this.#feedback = startErrorFeedback(new Float32Array(contributionLength(shape)));
    this.#store = store;
    this.#run = residualRun(program, server);
  }

  /** Two answers to one lease are the same in value, so that they may be compared. */
  get areComparable(): boolean {
    return this.#feedback === undefined;
  }

  /** The frame that carries an answer; the vector is copied into it once. */
  frame({ lease, samples, deviceMs, vector, began }: Gradient): Uint8Array<ArrayBuffer> {
    return encodeFrame({
      kind: 'contribution',
      codec: this.#codec.name,
      version: began,
      lease: lease.id,
      samples,
      elements: vector.length,
      computeMs: Math.round(deviceMs),
      body: this.#encode(lease, vector),
    });
  }

  /** This answer counts. */
  accepted(lease: number): void {
    this.#feedback = this.#feedback && commit(this.#feedback, lease);
  }

  /** Whether this answer counts is not known, or it does not. */
  forgotten(lease: number): void {
    this.#feedback = this.#feedback && takeBack(this.#feedback, lease);
  }

  /** Something is computed: what was put away comes back in its own time, and goes with whatever is encoded then. */
  begin(): Promise<void> {
    if (this.#feedback === undefined || this.#isHere) return this.#taking;
    this.#isHere = true;
    this.#isTaking = true;
    this.#taking = this.#store.take(this.#run).then(({ residual, lost }) => {
      this.#isTaking = false;
      this.#lost += lost;
      if (residual !== undefined) this.#bringBack(residual);
    });
    return this.#taking;
  }

  /**
   * Nothing is computed any more, for a while or for ever: what was not sent is put away, and what is on its way is held to be in
   * vain. Has begun when this returns, but where the store is still asked.
   */
  async rest(): Promise<void> {
    if (this.#isTaking) await this.#taking;
    if (this.#feedback === undefined || !this.#isHere) return;
    this.#isHere = false;
    const { residual, feedback } = withdraw(this.#feedback);
    this.#feedback = feedback;
    if (!(await this.#store.put(this.#run, residual))) this.#bringBack(residual);
  }

  /** The run is finished, and nobody waits for the rest: nothing of it stays, here or in the store. */
  async end(): Promise<void> {
    if (this.#feedback === undefined) return;
    await this.#taking;
    this.#isHere = false;
    await this.#store.take(this.#run);
    await this.#store.put(this.#run, undefined);
  }

  /** Whether some answer may count and nobody knows yet. */
  get areUnderWay(): boolean {
    return this.#feedback !== undefined && this.#feedback.onTheWay.size > 0;
  }

  /** Residuals that were lost here since this was asked last: with a tab that died, or because a sum overflowed. */
  takeLosses(): number {
    const overflows = this.#feedback?.overflows ?? 0;
    const lost = this.#lost + overflows - this.#overflowsTold;
    this.#lost = 0;
    this.#overflowsTold = overflows;
    return lost;
  }

  #bringBack(residual: Float32Array): void {
    this.#feedback = this.#feedback && deposit(this.#feedback, residual);
  }

  /** Most backup copies are in vain: they are sent without what was left out earlier, and nothing of them is kept. */
  #encode({ id, version, run, backup }: Gradient['lease'], vector: Float32Array): Uint8Array {
    const seed = hash32(this.#seed, version.step, run.first);
    if (this.#feedback === undefined || backup) return this.#codec.encode(vector, seed);
    const { bytes, feedback } = withhold(this.#feedback, id, vector, this.#codec, seed);
    this.#feedback = feedback;
    return bytes;
  }
}

/** What a residual of this program belongs to. */
export function residualRun(program: JobProgram, server: string): ResidualRun {
  const { id, layoutHash, model, codec = FLOAT32 } = program;
  const shape = { params: layoutSize(model.params), state: layoutSize(model.state) };
  return {
    server,
    name: `${id} ${layoutHash} ${JSON.stringify(codec)}`,
    length: contributionLength(shape),
  };
}

const FLOAT32 = { kind: 'float32' } as const;
