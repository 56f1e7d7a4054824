/**
 * What the gradients of this volunteer become on their way: frames in the codec of the job. What a lossy one leaves out goes with
 * the next, and whether an answer counted decides what that is (`residual`).
 */

import type { Encoding, UnreadSum } from '@manyhands/compute';
import {
  type Codec,
  type CodecSpec,
  contributionLength,
  float32Codec,
  hash32,
  isLossy,
  shapeOf,
} from '@manyhands/core';
import { encodeFrame, type JobProgram } from '@manyhands/protocol';
import type { Answer, Sum } from './answer.ts';
import type { HeldLease } from './joined.ts';
import type { Withholding } from './lossy.ts';
import type { Residual } from './residual.ts';

type Gradient = Extract<Answer, { readonly kind: 'train' }>;

export class Contributions {
  readonly #seed: number;
  readonly #spec: CodecSpec;
  readonly #codec: Codec;
  /** Numbers of a contribution. */
  readonly #length: number;
  /** Undefined where nothing is left out. */
  readonly #residual: Residual | undefined;

  /** `withholding` is that of the program: undefined where its contributions are sent whole. */
  constructor({ model, seed, codec = FLOAT32 }: JobProgram, withholding: Withholding | undefined) {
    this.#seed = seed;
    this.#spec = codec;
    this.#codec = withholding?.codec ?? float32Codec;
    this.#length = contributionLength(shapeOf(model));
    this.#residual = withholding?.residual;
  }

  /** Two answers to one lease are the same in value, so that they may be compared. */
  get areComparable(): boolean {
    return this.#residual === undefined;
  }

  /**
   * Reads what a lease asks for. It is encoded on the device where something is left out and the engine has kernels for it, and
   * otherwise where its frame is made. What fails, or is not answered after all, must be `forgotten`.
   */
  async read(lease: HeldLease, { whole, encoded: encodedThere }: UnreadSum): Promise<Sum> {
    const { backup, id } = lease;
    const codec = this.#spec;
    if (!isLossy(codec) || encodedThere === undefined) return { vector: await whole() };
    const seed = this.#seedOf(lease);
    const encode = (residual: Encoding['residual']) => encodedThere({ codec, seed, residual });
    if (!backup) return { bytes: await this.#residual!.lend(id, encode) };
    const encoded = await encode([]);
    if (encoded.residual !== 'kept') encoded.leftOut.drop();
    return { bytes: encoded.bytes };
  }

  /** The frame that carries an answer; its numbers are copied into it once. */
  frame({ lease, samples, deviceMs, began, ...sum }: Gradient): Uint8Array<ArrayBuffer> {
    return encodeFrame({
      kind: 'contribution',
      codec: this.#codec.name,
      version: began,
      lease: lease.id,
      samples,
      elements: this.#length,
      computeMs: Math.round(deviceMs),
      body: 'bytes' in sum ? sum.bytes : this.#encode(lease, sum.vector),
    });
  }

  /** This answer counts. */
  accepted(lease: number): void {
    this.#residual?.accepted(lease);
  }

  /** Whether this answer counts is not known, or it does not. */
  forgotten(lease: number): void {
    this.#residual?.forgotten(lease);
  }

  /** Something is computed: what was put away comes back in its own time, and goes with whatever is encoded then. */
  async begin(): Promise<void> {
    await this.#residual?.begin();
  }

  /** An engine is about to go, or is gone: what was left out on its device is read, or lost. */
  async comeHome(): Promise<void> {
    await this.#residual?.comeHome();
  }

  /** Nothing is computed any more, for a while or for ever: what was not sent is put away. */
  async rest(): Promise<void> {
    await this.#residual?.rest();
  }

  /** The run is finished, and nobody waits for the rest. */
  async end(): Promise<void> {
    await this.#residual?.end();
  }

  /** Whether some answer may count and nobody knows yet. */
  get areUnderWay(): boolean {
    return this.#residual?.isUnderWay ?? false;
  }

  /** Residuals that were lost here since this was asked last. */
  takeLosses(): number {
    return this.#residual?.takeLosses() ?? 0;
  }

  /** Most backup copies are in vain: they are sent without what was left out earlier, and nothing of them is kept. */
  #encode(lease: HeldLease, vector: Float32Array): Uint8Array {
    const seed = this.#seedOf(lease);
    if (this.#residual === undefined || lease.backup) return this.#codec.encode(vector, seed);
    return this.#residual.encode(lease.id, vector, this.#codec, seed);
  }

  #seedOf({ version, run }: HeldLease): number {
    return hash32(this.#seed, version.step, run.first);
  }
}

const FLOAT32 = { kind: 'float32' } as const;
