/**
 * What the gradients of this volunteer become on their way: frames in the codec of the job. What a lossy one leaves out is
 * kept here and goes with the next, and whether an answer counted decides what that is (`core/codec/error-feedback`). It is
 * lost with the tab: the sums then miss what one volunteer had not sent yet.
 */

import {
  type Codec,
  commit,
  contributionCodec,
  contributionLength,
  type ErrorFeedback,
  hash32,
  layoutSize,
  startErrorFeedback,
  takeBack,
  withhold,
} from '@manyhands/core';
import { encodeFrame, type JobProgram } from '@manyhands/protocol';
import type { Answer } from './workshop.ts';

type Gradient = Extract<Answer, { readonly kind: 'train' }>;

export class Contributions {
  readonly #seed: number;
  readonly #codec: Codec;
  /** Undefined where nothing is left out. */
  #feedback: ErrorFeedback | undefined;

  constructor({ model, seed, codec = { kind: 'float32' } }: Pick<JobProgram, 'model' | 'seed' | 'codec'>) {
    const shape = { params: layoutSize(model.params), state: layoutSize(model.state) };
    this.#seed = seed;
    this.#codec = contributionCodec(codec, shape);
    if (codec.kind !== 'float32')
      this.#feedback = startErrorFeedback(new Float32Array(contributionLength(shape)));
  }

  /** Two answers to one lease are the same in value, so that they may be compared. */
  get areComparable(): boolean {
    return this.#feedback === undefined;
  }

  /** The frame that carries an answer; the vector is copied into it once. */
  frame({ lease, samples, deviceMs, vector }: Gradient): Uint8Array<ArrayBuffer> {
    return encodeFrame({
      kind: 'contribution',
      codec: this.#codec.name,
      version: lease.version,
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

  /** Most backup copies are in vain: they are sent without what was left out earlier, and nothing of them is kept. */
  #encode({ id, version, run, backup }: Gradient['lease'], vector: Float32Array): Uint8Array {
    const seed = hash32(this.#seed, version.step, run.first);
    if (this.#feedback === undefined || backup) return this.#codec.encode(vector, seed);
    const { bytes, feedback } = withhold(this.#feedback, id, vector, this.#codec, seed);
    this.#feedback = feedback;
    return bytes;
  }
}
