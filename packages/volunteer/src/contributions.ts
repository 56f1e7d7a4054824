/**
 * What the gradients of this volunteer become on their way: frames in the codec of the job. What a lossy one leaves out goes with
 * the next, and whether an answer counted decides what that is (`residual`).
 */

import { type Codec, contributionCodec, contributionLength, hash32, layoutSize } from '@manyhands/core';
import { encodeFrame, type JobProgram } from '@manyhands/protocol';
import { Residual } from './residual.ts';
import type { ResidualRun, ResidualStore } from './residual-store.ts';
import type { Answer } from './workshop.ts';

type Gradient = Extract<Answer, { readonly kind: 'train' }>;

export class Contributions {
  readonly #seed: number;
  readonly #codec: Codec;
  /** Undefined where nothing is left out. */
  readonly #residual: Residual | undefined;

  constructor(program: JobProgram, server: string, store: ResidualStore) {
    const { model, seed, codec = FLOAT32 } = program;
    const shape = { params: layoutSize(model.params), state: layoutSize(model.state) };
    this.#seed = seed;
    this.#codec = contributionCodec(codec, shape);
    this.#residual = codec.kind === 'float32' ? undefined : new Residual(residualRun(program, server), store);
  }

  /** Two answers to one lease are the same in value, so that they may be compared. */
  get areComparable(): boolean {
    return this.#residual === undefined;
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
  #encode({ id, version, run, backup }: Gradient['lease'], vector: Float32Array): Uint8Array {
    const seed = hash32(this.#seed, version.step, run.first);
    if (this.#residual === undefined || backup) return this.#codec.encode(vector, seed);
    return this.#residual.withhold(id, vector, this.#codec, seed);
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
