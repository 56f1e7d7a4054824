/**
 * What one device taught this tab, so that the next engine is not opened the way the last one failed: a unit that did not
 * fit is taken in twice as many passes, and an engine that is lost twice without finishing anything is not tried again.
 */

import { type Engine, type EngineName, type Experience, isOutOfMemory, messageOf } from '@manyhands/compute';

export class DeviceExperience {
  readonly #passes: Partial<Record<EngineName, number>> = {};
  readonly #without: Experience['without'][number][] = [];
  readonly #losses = new Map<EngineName, number>();

  get learned(): Experience {
    return { passes: this.#passes, without: this.#without };
  }

  /** Something was computed: what was lost before is forgiven. */
  finished({ name }: Engine): void {
    this.#losses.delete(name);
  }

  /** An engine ended; `why` is what it threw, or the sentence with which its device went. */
  lost({ name, passes }: Engine, why: unknown): void {
    if (isOutOfMemory(why)) {
      this.#passes[name] = 2 * passes;
      return;
    }
    const losses = (this.#losses.get(name) ?? 0) + 1;
    this.#losses.set(name, losses);
    // Where nothing else is left, it is tried for as long as the session likes.
    if (losses < LOSSES_MAX || name === 'tfjs-cpu') return;
    this.#without.push({
      engine: name,
      why: `It failed ${losses} times one after another: ${messageOf(why)}`,
    });
  }
}

const LOSSES_MAX = 2;
