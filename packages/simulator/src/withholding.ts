/**
 * What a volunteer of a world does where the job's codec leaves something out: the error feedback of production round the codec of
 * production. What it sends is what a server decodes. What is given up with a session it holds to be in vain; what it has not sent
 * outlives an orderly goodbye, and dies with a plug that was pulled.
 */

import {
  type Codec,
  commit,
  contributionCodec,
  contributionLength,
  type ErrorFeedback,
  encodeDue,
  hash32,
  type Job,
  type Lease,
  type LeaseId,
  shapeOf,
  startErrorFeedback,
  sumOfParts,
  takeBack,
  withdraw,
  withhold,
} from '@manyhands/core';
import type { Observer } from './observation.ts';

export class Withholding {
  readonly #account: string;
  readonly #seed: number;
  readonly #codec: Codec;
  readonly #observe: Observer;
  readonly #length: number;
  #feedback: ErrorFeedback = startErrorFeedback();
  /** That the answers on their way are for: others have the same numbers in another life of the server. */
  #incarnation = 0;

  constructor(job: Job, account: string, observe: Observer) {
    const shape = shapeOf(job);
    this.#account = account;
    this.#seed = job.seed;
    this.#codec = contributionCodec(job.codec, shape);
    this.#observe = observe;
    this.#length = contributionLength(shape);
  }

  /** What a server decodes of this answer. */
  answer({ id, version, run, backup }: Lease, given: Float32Array): Float32Array {
    const seed = hash32(this.#seed, version.step, run.first);
    if (backup) return this.#decode(this.#codec.encode(given, seed));
    const lent = this.#feedback.residual;
    const encoded = encodeDue(given, lent, this.#codec, seed);
    const decoded = this.#decode(encoded.bytes);
    this.#feedback = withhold(this.#feedback, id, lent, encoded);
    this.#incarnation = version.incarnation;
    this.#observe({ type: 'withheld', account: this.#account, lease: this.#nameOf(id), given, decoded });
    return decoded;
  }

  receipt(lease: LeaseId, accepted: boolean): void {
    this.#feedback = (accepted ? commit : takeBack)(this.#feedback, lease);
  }

  /** Another line to the same session: its receipts are these, but for what was not said yet. */
  resumed(accepted: readonly LeaseId[], unsaid: readonly LeaseId[]): void {
    for (const lease of this.#onTheWay) {
      if (!unsaid.includes(lease)) this.receipt(lease, accepted.includes(lease));
    }
  }

  /** Nobody will bring a receipt. */
  disown(): void {
    const leases = this.#onTheWay.map((lease) => this.#nameOf(lease));
    this.#feedback = startErrorFeedback(...withdraw(this.#feedback));
    if (leases.length > 0) this.#observe({ type: 'disowned', account: this.#account, leases });
  }

  die(): void {
    this.#feedback = startErrorFeedback();
    this.#observe({ type: 'residual-lost', account: this.#account });
  }

  /** Shows what is left. */
  show(): void {
    const { residual, onTheWay } = this.#feedback;
    const sum = (parts: readonly Float32Array[]) => sumOfParts(parts, this.#length);
    const named = [...onTheWay].map(([lease, { lent, leftOut }]) => ({
      lease: this.#nameOf(lease as LeaseId),
      lent: sum(lent),
      leftOut: sum(leftOut),
    }));
    this.#observe({
      type: 'left-over',
      account: this.#account,
      residual: sum(residual),
      onTheWay: named,
    });
  }

  get #onTheWay(): readonly LeaseId[] {
    return [...this.#feedback.onTheWay.keys()] as LeaseId[];
  }

  #nameOf(lease: LeaseId): string {
    return `${this.#incarnation}/${lease}`;
  }

  #decode(bytes: Uint8Array): Float32Array {
    return this.#codec.decode(bytes, this.#length) as Float32Array;
  }
}
