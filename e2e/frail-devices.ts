/**
 * What devices do to tabs that compute for long, put into the workers of real ones: memory that runs short, and reads that
 * wait or fail. The words of each refusal are the browser's own; only its reason is made up.
 */

import type { BrowserContext, Worker } from '@playwright/test';

export interface FrailDevices {
  /** From now on no device has a buffer above this size. */
  limitBuffers(bytes: number): Promise<void>;
  /** From now on every so many-th read in a worker fails. */
  failReads(every: number): Promise<void>;
  /** From now on reads wait, with what was computed for them; resolves when one does. */
  holdReads(): Promise<void>;
  /** Those that wait go on. */
  letReadsGo(): Promise<void>;
}

/** The devices of the tabs that are opened here from now on. */
export function frailDevices(context: BrowserContext): FrailDevices {
  const faults: Faults = {
    bufferBytesMax: Number.POSITIVE_INFINITY,
    readsEach: Number.POSITIVE_INFINITY,
    readsWait: false,
  };
  const workers = new Set<Worker>();
  const tell = (worker: Worker) =>
    worker.evaluate(bring, faults).catch((thrown: Error) => {
      // A worker may be gone before it hears of anything.
      if (!/closed|crashed|destroyed|detached/.test(thrown.message)) throw thrown;
    });
  const change = async (changes: Partial<Faults>) => {
    Object.assign(faults, changes);
    await Promise.all([...workers].map(tell));
  };
  context.on('page', (page) => {
    // A device is requested long after its worker has begun: a library is loaded first.
    page.on('worker', (worker) => {
      workers.add(worker);
      worker.on('close', () => workers.delete(worker));
      void tell(worker);
    });
  });
  return {
    limitBuffers: (bytes) => change({ bufferBytesMax: bytes }),
    failReads: (every) => change({ readsEach: every }),
    async holdReads() {
      await change({ readsWait: true });
      await Promise.any([...workers].map((worker) => worker.evaluate(aReadWaits)));
    },
    letReadsGo: () => change({ readsWait: false }),
  };
}

interface Faults {
  bufferBytesMax: number;
  readsEach: number;
  readsWait: boolean;
}

declare global {
  interface Window {
    deviceFaults: (Faults & { reads: number; waiting: (() => void)[]; onWait?: () => void }) | undefined;
  }
}

/** Runs in a worker after `bring`. */
function aReadWaits(): Promise<void> {
  return new Promise((resolve) => {
    if (self.deviceFaults!.waiting.length > 0) resolve();
    else self.deviceFaults!.onWait = resolve;
  });
}

/** Runs in a worker, where nothing of this file is known, nor what a tool that keeps the names of functions makes of one that has a name. */
function bring(faults: Faults): void {
  const before = self.deviceFaults;
  self.deviceFaults = { ...faults, reads: 0, waiting: [] };
  for (const goOn of before?.waiting ?? []) goOn();
  if (before !== undefined) return;
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    // What is too large is asked for at a size that no device has.
    const fits = descriptor.size <= self.deviceFaults!.bufferBytesMax;
    return createBuffer.call(this, fits ? descriptor : { ...descriptor, size: 2 ** 40 });
  };
  const { mapAsync } = GPUBuffer.prototype;
  GPUBuffer.prototype.mapAsync = async function (...mapping) {
    const { readsWait, waiting, onWait } = self.deviceFaults!;
    if (readsWait)
      await new Promise<void>((goOn) => {
        waiting.push(goOn);
        onWait?.();
      });
    const { reads, readsEach } = self.deviceFaults!;
    self.deviceFaults!.reads = reads + 1;
    if ((reads + 1) % readsEach !== 0) return mapAsync.apply(this, mapping);
    throw new DOMException(
      "Failed to execute 'mapAsync' on 'GPUBuffer': A valid external Instance reference no longer exists.",
      'AbortError',
    );
  };
}
