/**
 * What a lossy codec has left out of this volunteer's contributions (`core/codec/error-feedback`), and where it is: put away in the
 * browser's store, where it outlives the tab, while nothing is computed, and here while something is. Its parts lie where they were
 * left out: in this worker, or on the device of an engine, from which they come home before that engine ends or anything is put away.
 */

import type { DeviceVector } from '@manyhands/compute';
import {
  type Codec,
  commit,
  deposit,
  type Encoded,
  type ErrorFeedback,
  encodeDue,
  moveParts,
  partsOf,
  startErrorFeedback,
  sumOfParts,
  takeBack,
  unreachable,
  withdraw,
  withhold,
} from '@manyhands/core';
import type { ResidualRun, ResidualStore } from './residual-store.ts';

type Part = Float32Array | DeviceVector;

type Whereabouts =
  /** The store has it, but for what the browser did not keep. */
  | { readonly at: 'put-away'; readonly notKept: readonly Float32Array[] }
  /** What the store has is on its way and goes with whatever is encoded when it is here; the rest begins from zeros. */
  | { readonly at: 'being-taken'; readonly taking: Promise<void>; readonly feedback: ErrorFeedback<Part> }
  | { readonly at: 'here'; readonly feedback: ErrorFeedback<Part> };

export class Residual {
  readonly #run: ResidualRun;
  readonly #store: ResidualStore;
  #is: Whereabouts = { at: 'put-away', notKept: [] };
  #lost = 0;
  /** No part is moved while it is lent to a device. */
  #turns: Promise<unknown> = Promise.resolve();
  #turnsUnderWay = 0;

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

  /** Encodes the answer to this lease together with what is in this worker. Reads `vector` only. */
  encode(lease: number, vector: Float32Array, codec: Codec, seed: number): Uint8Array {
    const lent = this.#due.filter((part) => part instanceof Float32Array);
    return this.#withhold(lease, lent, encodeDue(vector, lent, codec, seed));
  }

  /** The same on a device, by `encode`, which is handed all that is due. What it leaves out stays there. */
  lend(lease: number, encode: (due: readonly Part[]) => Promise<Encoded<DeviceVector>>): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      const lent = this.#due;
      return this.#withhold(lease, lent, await encode(lent));
    });
  }

  /** Reads what lies on a device, which is about to go or is gone: what cannot be read any more is lost. */
  comeHome(): Promise<void> {
    return this.#inTurn(() => this.#readParts());
  }

  /** The answer to this lease counts. */
  accepted(lease: number): void {
    this.#change((feedback) => commit(feedback, lease));
  }

  /** Whether it counts is not known, or it does not. */
  forgotten(lease: number): void {
    this.#change((feedback) => takeBack(feedback, lease));
  }

  /** Whether some answer may count and nobody knows yet. */
  get isUnderWay(): boolean {
    return this.#feedback !== undefined && this.#feedback.onTheWay.size > 0;
  }

  /**
   * Nothing is computed any more, for a while or for ever: it is put away, and what is on its way is held to be in vain. Has begun when
   * this returns, but where the store is still asked, or a device has some of it.
   */
  rest(): Promise<void> {
    const isInHand =
      this.#is.at !== 'being-taken' && this.#turnsUnderWay === 0 && this.#onDevice.length === 0;
    if (isInHand) return this.#putAway();
    return this.#inTurn(async () => {
      if (this.#is.at === 'being-taken') await this.#is.taking;
      await this.#readParts();
      await this.#putAway();
    });
  }

  /** The run is finished, and nobody waits for the rest: nothing of it stays, here or in the store. */
  async end(): Promise<void> {
    if (this.#is.at === 'being-taken') await this.#is.taking;
    this.#become({ at: 'put-away', notKept: [] });
    await this.#store.take(this.#run);
    await this.#store.put(this.#run, undefined);
  }

  /** Residuals that were lost here since this was asked last: with a tab or a device that died, or because a sum overflowed. */
  takeLosses(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  #take(notKept: readonly Float32Array[]): Promise<void> {
    const taking = this.#store.take(this.#run).then(({ residual, lost }) => {
      this.#lost += lost;
      this.#become({ at: 'here', feedback: this.#feedback! });
      if (residual !== undefined) this.#bringBack(residual);
    });
    this.#become({ at: 'being-taken', taking, feedback: startErrorFeedback<Part>(...notKept) });
    return taking;
  }

  /** Only what is in this worker can be put away. */
  async #putAway(): Promise<void> {
    if (this.#is.at !== 'here') return;
    const parts = withdraw(this.#is.feedback).filter((part) => part instanceof Float32Array);
    const residual = sumOfParts(parts, this.#run.length);
    this.#become({ at: 'put-away', notKept: [] });
    if (!(await this.#store.put(this.#run, residual))) this.#bringBack(residual);
  }

  #bringBack(residual: Float32Array): void {
    if (this.#is.at === 'put-away') this.#become({ at: 'put-away', notKept: [residual] });
    else this.#change((feedback) => deposit(feedback, residual));
  }

  /** What goes with the next answer. Somebody may have rested since this was begun. */
  get #due(): readonly Part[] {
    if (this.#is.at === 'put-away') void this.begin();
    return this.#feedback!.residual;
  }

  /** Where the run has ended meanwhile, nothing is. */
  #withhold(lease: number, lent: readonly Part[], encoded: Encoded<Part>): Uint8Array {
    if (encoded.residual === 'given-up') this.#lost++;
    this.#change((feedback) => withhold(feedback, lease, lent, encoded));
    return encoded.bytes;
  }

  async #readParts(): Promise<void> {
    const read = this.#onDevice.map(
      async (part) => [part, await part.read().catch(() => undefined)] as const,
    );
    const places = new Map<Part, Float32Array | undefined>(await Promise.all(read));
    if ([...places.values()].includes(undefined)) this.#lost++;
    this.#change((feedback) => moveParts(feedback, places));
  }

  get #onDevice(): readonly DeviceVector[] {
    return heldIn(this.#is).filter((part): part is DeviceVector => !(part instanceof Float32Array));
  }

  get #feedback(): ErrorFeedback<Part> | undefined {
    return this.#is.at === 'put-away' ? undefined : this.#is.feedback;
  }

  /** What is put away stays as it is. */
  #change(change: (feedback: ErrorFeedback<Part>) => ErrorFeedback<Part>): void {
    if (this.#is.at !== 'put-away') this.#become({ ...this.#is, feedback: change(this.#is.feedback) });
  }

  /** Devices keep nothing that is not held any more. */
  #become(next: Whereabouts): void {
    const kept = heldIn(next);
    for (const part of this.#onDevice) if (!kept.includes(part)) part.drop();
    this.#is = next;
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#turnsUnderWay++;
    const result = this.#turns.then(work).finally(() => this.#turnsUnderWay--);
    this.#turns = result.catch(() => {});
    return result;
  }
}

function heldIn(is: Whereabouts): readonly Part[] {
  return is.at === 'put-away' ? is.notKept : partsOf(is.feedback);
}
