/**
 * What makes the parameters of one version out of those before, on this side. Updates come by themselves, one a round, or several
 * by download to whoever missed some. One that comes before the parameters that it begins from is kept for them: who has just
 * joined is still downloading when the next ones arrive.
 */

import {
  allFinite,
  type Codec,
  type CodecSpec,
  fingerprint,
  float32Codec,
  formatVersion,
  isNewer,
  isSuccessor,
  type ParamsVersion,
  sameVersion,
  shapeOf,
  takeUpdate,
  updateCodec,
} from '@manyhands/core';
import {
  decodeFrame,
  FINGERPRINT_BYTES,
  FRAME_HEADER_BYTES,
  type Frame,
  type JobProgram,
  LIMITS,
  ROUTES,
} from '@manyhands/protocol';
import type { Download } from './download.ts';
import { type Drifted, hasDrifted } from './drifted.ts';
import { type Failure, isFailure } from './failure.ts';
import type { Parameters } from './parameters.ts';

export class Updates {
  readonly #codec: Codec;
  readonly #params: number;
  readonly #elements: number;
  /** Of one update, and of the parameters whole. */
  readonly #frameBytes: number;
  readonly #wholeBytes: number;
  /** Encoded, by the version that each begins from, in the order in which they came. */
  readonly #waiting = new Map<string, Frame>();

  constructor(spec: CodecSpec, model: JobProgram['model']) {
    const shape = shapeOf(model);
    this.#codec = updateCodec(spec, shape);
    this.#params = shape.params;
    this.#elements = shape.params + shape.state;
    this.#frameBytes = FRAME_HEADER_BYTES + FINGERPRINT_BYTES + this.#codec.encodedBytes(this.#elements);
    this.#wholeBytes = float32Codec.encodedBytes(this.#elements);
  }

  /** Keeps an update until the parameters that it begins from are here. */
  keep(frame: Frame): Failure | undefined {
    if (!this.#isOurs(frame))
      return malformed(`an update of another kind (${frame.elements} numbers in ${frame.codec})`);
    this.#waiting.set(formatVersion(before(frame)), frame);
    const [oldest] = this.#waiting.keys();
    // Together longer than the parameters they are not worth their room, unless that is next to nothing.
    const roomBytes = Math.max(this.#wholeBytes, LIMITS.chunkBytes);
    const waitingMax = Math.max(1, Math.min(WAITING_MAX, Math.floor(roomBytes / this.#frameBytes)));
    if (this.#waiting.size > waitingMax) this.#waiting.delete(oldest!);
    return undefined;
  }

  /** The parameters that follow from these by all updates that are kept; what is older than they is forgotten. */
  follow(from: Parameters): Parameters | Drifted | Failure {
    let reached = from;
    let next = this.#waiting.get(formatVersion(from.version));
    while (next !== undefined) {
      const after = this.#take(reached, next);
      if (hasDrifted(after) || isFailure(after)) return after;
      reached = after;
      next = this.#waiting.get(formatVersion(reached.version));
    }
    for (const [key, { version }] of this.#waiting) {
      if (!isNewer(version, reached.version)) this.#waiting.delete(key);
    }
    return reached;
  }

  /** What changed from one version to another, a later one, is less than that one whole. */
  areWorthIt(from: ParamsVersion, to: ParamsVersion): boolean {
    return isSuccessor(to, from) && (to.step - from.step) * this.#frameBytes < this.#wholeBytes;
  }

  /** Downloads what leads from these parameters to a later version. Any failure says: fetch the parameters whole. */
  async fetch(
    download: Download,
    server: string,
    job: string,
    start: Parameters,
    to: ParamsVersion,
  ): Promise<Parameters | Failure> {
    const bytesMax = (to.step - start.version.step) * this.#frameBytes;
    const url = new URL(ROUTES.updates(job, formatVersion(start.version), formatVersion(to)), server).href;
    const bytes = await download(url, { bytesMax });
    if (isFailure(bytes)) return bytes;
    let reached = start;
    for (let at = 0; at < bytes.byteLength; at += this.#frameBytes) {
      const frame = decodeFrame(bytes.subarray(at, at + this.#frameBytes));
      const after =
        typeof frame === 'string' || !sameVersion(before(frame), reached.version)
          ? malformed('an update that leads from elsewhere')
          : this.#take(reached, frame);
      if (hasDrifted(after)) return malformed('updates of other parameters');
      if (isFailure(after)) return after;
      reached = after;
    }
    return sameVersion(reached.version, to) ? reached : malformed('updates that end too early');
  }

  #isOurs({ kind, codec, elements }: Frame): boolean {
    return kind === 'update' && codec === this.#codec.name && elements === this.#elements;
  }

  /** One step, in other memory: the parameters before may be on their way to a device. */
  #take(from: Parameters, frame: Frame): Parameters | Drifted | Failure {
    const { version, body } = frame;
    const vector =
      this.#isOurs(frame) && this.#codec.decode(body.subarray(FINGERPRINT_BYTES), this.#elements);
    if (!(vector instanceof Float32Array) || !allFinite(vector))
      return malformed('an update with a number that is not finite');
    const params = from.params.slice();
    takeUpdate(params, vector.subarray(0, this.#params));
    const due = Array.from(body.subarray(0, FINGERPRINT_BYTES), hex).join('');
    if (fingerprint(params) !== due) return { drifted: version };
    return { version, params, state: vector.slice(this.#params) };
  }
}

/** Rounds that a joiner's download may take; who needs longer fetches what is missing. */
const WAITING_MAX = 64;

function before({ version: { incarnation, step } }: Frame): ParamsVersion {
  return { incarnation, step: step - 1 };
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function malformed(what: string): Failure {
  return { failure: 'malformed', sentence: `The server sent ${what}: reload the page.` };
}
