/** An engine whose device is memory: it encodes the one gradient that it has, and knows which vectors it still holds. */

import type { DeviceVector, Engine } from '@manyhands/compute';
import { type ContributionShape, contributionCodec, type Encoded, encodeDue } from '@manyhands/core';

export class EncodingEngine implements Pick<Engine, 'gradient' | 'encodedGradient'> {
  readonly #vector: Float32Array;
  readonly #shape: ContributionShape;
  readonly #held = new Map<DeviceVector, Float32Array>();
  /** Computations wait for this. */
  gate: Promise<void> = Promise.resolve();

  constructor(vector: Float32Array, shape: ContributionShape) {
    this.#vector = vector;
    this.#shape = shape;
  }

  /** How many vectors lie on the device. */
  get holds(): number {
    return this.#held.size;
  }

  /** The device is gone with all that it held. */
  lose(): void {
    this.#held.clear();
  }

  readonly gradient = async () => this.#vector.slice();

  readonly encodedGradient: NonNullable<Engine['encodedGradient']> = async (
    _batch,
    _run,
    _units,
    _step,
    { codec, seed, residual },
  ) => {
    await this.gate;
    const due = residual.map((part) => (part instanceof Float32Array ? part : this.#valueOf(part)));
    const encoded = encodeDue(this.#vector, due, contributionCodec(codec, this.#shape), seed);
    return this.#keep(encoded);
  };

  #keep(encoded: Encoded): Encoded<DeviceVector> {
    if (encoded.residual === 'kept') return encoded;
    const leftOut: DeviceVector = {
      read: async () => this.#valueOf(leftOut).slice(),
      drop: () => void this.#held.delete(leftOut),
    };
    this.#held.set(leftOut, encoded.leftOut);
    return { ...encoded, leftOut };
  }

  #valueOf(vector: DeviceVector): Float32Array {
    const value = this.#held.get(vector);
    if (value === undefined) throw new Error('This vector is not here.');
    return value;
  }
}
