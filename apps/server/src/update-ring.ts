/** The newest updates of a run, for volunteers that missed some: a few small frames spare them all parameters. */

import type { ParamsVersion } from '@manyhands/core';
import { LIMITS } from '@manyhands/protocol';

export class UpdateRing {
  /** By the step that each leads to, oldest first. */
  readonly #frames = new Map<number, Uint8Array>();
  #incarnation = 0;

  /**
   * `version` is the one that the update leads to, one step after the last one that was added. No more are kept than are together as long as the
   * parameters, of which there are `wholeBytes`, since nobody asks for more, or as a chunk, which is next to nothing.
   */
  add({ incarnation, step }: ParamsVersion, frame: Uint8Array, wholeBytes: number): void {
    if (incarnation !== this.#incarnation) this.#frames.clear();
    this.#incarnation = incarnation;
    this.#frames.set(step, frame);
    const kept = Math.min(
      LIMITS.updatesKept,
      Math.floor(Math.max(wholeBytes, LIMITS.chunkBytes) / frame.byteLength),
    );
    if (this.#frames.size <= kept) return;
    const [oldest] = this.#frames.keys();
    this.#frames.delete(oldest!);
  }

  /** From one version to a later one, oldest first; undefined where they are not all here. */
  between(from: ParamsVersion, to: ParamsVersion): readonly Uint8Array[] | undefined {
    const count = to.step - from.step;
    const isKept =
      from.incarnation === this.#incarnation &&
      to.incarnation === this.#incarnation &&
      count > 0 &&
      this.#frames.has(from.step + 1) &&
      this.#frames.has(to.step);
    if (!isKept) return undefined;
    return Array.from({ length: count }, (_, i) => this.#frames.get(from.step + 1 + i)!);
  }
}
