/**
 * What one device taught this tab, so that the next engine is not opened the way the last one failed: a unit that did not
 * fit is taken in twice as many passes, and a backend that is lost twice without finishing anything is not tried again.
 */

import { type BackendName, type Engine, type Experience, isOutOfMemory } from '@manyhands/compute';

export class DeviceExperience {
  readonly #passes: Partial<Record<BackendName, number>> = {};
  readonly #without: Experience['without'][number][] = [];
  readonly #losses = new Map<BackendName, number>();

  get learned(): Experience {
    return { passes: this.#passes, without: this.#without };
  }

  /** Something was computed: what was lost before is forgiven. */
  finished({ device }: Engine): void {
    this.#losses.delete(device.backend);
  }

  /** An engine ended, and why. */
  lost({ device: { backend }, passes }: Engine, sentence: string): void {
    if (isOutOfMemory(sentence)) {
      this.#passes[backend] = 2 * passes;
      return;
    }
    const losses = (this.#losses.get(backend) ?? 0) + 1;
    this.#losses.set(backend, losses);
    // Where nothing else is left, it is tried for as long as the session likes.
    if (losses < LOSSES_MAX || backend === 'cpu') return;
    this.#without.push({ backend, why: `It was lost ${losses} times one after another: ${sentence}` });
  }
}

const LOSSES_MAX = 2;
