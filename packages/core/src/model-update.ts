/**
 * How one version becomes the next where not the parameters travel but what changes in them. The change is encoded once for
 * everybody, and the central model takes the step that everybody can decode: so all hold the same bytes. What the codec left
 * out stays behind as a residual and goes with a later change (Tang et al., 2019, "DoubleSqueeze"), as on the way up.
 *
 *     due = moved − params + residual        change = decode(encode(due))        params ← params + change
 *                                            residual ← due − change
 */

import { assert } from './assert.ts';
import { canonical } from './canonical.ts';
import type { Codec, CodecName } from './codec/codec.ts';
import type { CodecSpec } from './codec/codec-spec.ts';
import { tailedCodec } from './codec/codecs.ts';
import { fingerprint } from './codec/fingerprint.ts';
import type { ContributionShape } from './contribution.ts';
import type { Job } from './job.ts';
import { merge } from './merge.ts';
import { hash32 } from './random.ts';

/** What makes the parameters of one version out of those of the version before. */
export interface ModelUpdate {
  readonly codec: CodecName;
  /** P + S, once decoded. */
  readonly elements: number;
  /** The change of the P parameters in the codec of the job, and behind it the S elements of the new state, exactly. */
  readonly bytes: Uint8Array;
  /** Of the P parameters that it leads to: whoever comes to others has drifted. */
  readonly fingerprint: string;
}

/** For a change of the parameters with the state behind it, in a model of this shape. */
export function updateCodec(spec: CodecSpec, shape: ContributionShape): Codec {
  return tailedCodec(spec, shape.state);
}

/** The step that everybody takes, in place; `change` is a decoded one and only read. */
export function takeUpdate(params: Float32Array, change: Float32Array): void {
  merge(params, change);
}

/** Whether a job sends changes of its parameters; where it does not, it sends the parameters. */
export function sendsUpdates(updates: CodecSpec): boolean {
  return updates.kind !== 'float32';
}

/** The central model's side. Keeps room for one vector of each kind, so that a step allocates only what it sends. */
export class UpdateWriter {
  readonly #codec: Codec;
  readonly #seed: number;
  readonly #params: number;
  readonly #due: Float32Array;

  constructor({ updates, seed }: Pick<Job, 'updates' | 'seed'>, shape: ContributionShape) {
    this.#codec = updateCodec(updates, shape);
    this.#seed = seed;
    this.#params = shape.params;
    this.#due = new Float32Array(shape.params + shape.state);
  }

  /**
   * The optimizer went from `params` to `moved`. `params` becomes what everybody comes to, and `residual` what is still
   * missing; the others are only read. `step` counts the updates before.
   */
  write(
    params: Float32Array,
    moved: Float32Array,
    state: Float32Array,
    residual: Float32Array,
    step: number,
  ): ModelUpdate {
    const due = this.#due;
    for (let i = 0; i < params.length; i++) due[i] = moved[i]! - params[i]! + residual[i]!;
    due.set(state, this.#params);
    const bytes = this.#codec.encode(due, hash32(this.#seed, UPDATE_STREAM, step));
    const decoded = this.#codec.decode(bytes, due.length);
    assert(typeof decoded !== 'string', 'model-update.write', 'a codec refused its own bytes');
    const change = decoded.subarray(0, this.#params);
    for (let i = 0; i < params.length; i++) residual[i] = canonical(due[i]! - change[i]!);
    takeUpdate(params, change);
    const { name: codec } = this.#codec;
    return { codec, elements: due.length, bytes, fingerprint: fingerprint(params) };
  }
}

/** No other stream of the seed is named by this word. */
const UPDATE_STREAM = 0x0bda7e;
