/**
 * What one device taught this tab, so that the next engine is not opened the way the last one failed: a unit that did not
 * fit is taken in twice as many passes, and a backend that is lost twice without finishing anything is not tried again.
 */

import { type BackendName, type Engine, type Experience, isOutOfMemory, messageOf } from '@manyhands/compute';

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

  /** An engine ended; `why` is what it threw, or the sentence with which its device went. */
  lost({ device: { backend }, passes }: Engine, why: unknown): void {
    if (isOutOfMemory(why)) {
      this.#passes[backend] = 2 * passes;
      return;
    }
    const losses = (this.#losses.get(backend) ?? 0) + 1;
    this.#losses.set(backend, losses);
    // Where nothing else is left, it is tried for as long as the session likes.
    if (losses < LOSSES_MAX || backend === 'cpu') return;
    this.#without.push({ backend, why: `It failed ${losses} times one after another: ${messageOf(why)}` });
  }
}

const LOSSES_MAX = 2;
