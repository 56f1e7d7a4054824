/**
 * What a lossy codec has left out of this volunteer's contributions (`core/codec/error-feedback`), and where it is: put away in the
 * browser's store, where it outlives the tab, while nothing is computed, and here while something is.
 */

import {
  type Codec,
  commit,
  deposit,
  type ErrorFeedback,
  encodeDue,
  startErrorFeedback,
  sumOfParts,
  takeBack,
  unreachable,
  withdraw,
  withhold,
} from '@manyhands/core';
import type { ResidualRun, ResidualStore } from './residual-store.ts';

type Whereabouts =
  /** The store has it, but for what the browser did not keep. */
  | { readonly at: 'put-away'; readonly notKept: readonly Float32Array[] }
  /** What the store has is on its way and goes with whatever is encoded when it is here; the rest begins from zeros. */
  | { readonly at: 'being-taken'; readonly taking: Promise<void>; readonly feedback: ErrorFeedback }
  | { readonly at: 'here'; readonly feedback: ErrorFeedback };

export class Residual {
  readonly #run: ResidualRun;
  readonly #store: ResidualStore;
  #is: Whereabouts = { at: 'put-away', notKept: [] };
  #lost = 0;

  constructor(run: ResidualRun, store: ResidualStore) {
    this.#run = run;
    this.#store = store;
  }

  /** Something is computed: what was put away comes back in its own time. Resolves when it has. */
  begin(): Promise<void> {
    const is = this.#is;
    switch (is.at) {
      case 'put-away':
        return this.#take(is.notKept);
      case 'being-taken':
        return is.taking;
      case 'here':
        return Promise.resolve();
      default:
        return unreachable(is);
    }
  }

  /** Encodes the answer to this lease together with what is here. Reads `vector` only. */
  withhold(lease: number, vector: Float32Array, codec: Codec, seed: number): Uint8Array {
    // Somebody may have rested since this was begun.
    if (this.#is.at === 'put-away') void this.begin();
    const before = this.#feedback!;
    const lent = before.residual;
    const encoded = encodeDue(vector, lent, codec, seed);
    if (encoded.residual === 'given-up') this.#lost++;
    this.#change(withhold(before, lease, lent, encoded));
    return encoded.bytes;
  }

  /** The answer to this lease counts. */
  accepted(lease: number): void {
    if (this.#feedback !== undefined) this.#change(commit(this.#feedback, lease));
  }

  /** Whether it counts is not known, or it does not. */
  forgotten(lease: number): void {
    if (this.#feedback !== undefined) this.#change(takeBack(this.#feedback, lease));
  }

  /** Whether some answer may count and nobody knows yet. */
  get isUnderWay(): boolean {
    return this.#feedback !== undefined && this.#feedback.onTheWay.size > 0;
  }

  /**
   * Nothing is computed any more, for a while or for ever: it is put away, and what is on its way is held to be in vain. Has begun when
   * this returns, but where the store is still asked.
   */
  async rest(): Promise<void> {
    if (this.#is.at === 'being-taken') await this.#is.taking;
    if (this.#is.at !== 'here') return;
    const residual = sumOfParts(withdraw(this.#is.feedback), this.#run.length);
    this.#is = { at: 'put-away', notKept: [] };
    if (!(await this.#store.put(this.#run, residual))) this.#bringBack(residual);
  }

  /** The run is finished, and nobody waits for the rest: nothing of it stays, here or in the store. */
  async end(): Promise<void> {
    if (this.#is.at === 'being-taken') await this.#is.taking;
    this.#is = { at: 'put-away', notKept: [] };
    await this.#store.take(this.#run);
    await this.#store.put(this.#run, undefined);
  }

  /** Residuals that were lost since this was asked last: with a tab that died, or because a sum overflowed. */
  takeLosses(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  #take(notKept: readonly Float32Array[]): Promise<void> {
    const taking = this.#store.take(this.#run).then(({ residual, lost }) => {
      this.#lost += lost;
      this.#is = { at: 'here', feedback: this.#feedback! };
      if (residual !== undefined) this.#bringBack(residual);
    });
    this.#is = { at: 'being-taken', taking, feedback: startErrorFeedback(...notKept) };
    return taking;
  }

  #bringBack(residual: Float32Array): void {
    const is = this.#is;
    if (is.at === 'put-away') this.#is = { at: 'put-away', notKept: [residual] };
    else this.#change(deposit(is.feedback, residual));
  }

  get #feedback(): ErrorFeedback | undefined {
    return this.#is.at === 'put-away' ? undefined : this.#is.feedback;
  }

  /** What is not put away stays where it is. */
  #change(feedback: ErrorFeedback): void {
    if (this.#is.at !== 'put-away') this.#is = { ...this.#is, feedback };
  }
}
