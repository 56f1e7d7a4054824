import { fingerprint, formatVersion, type Job, shapeOf, takeUpdate, updateCodec } from '@manyhands/core';
import { type Checker, demand, sameBytes } from './checker.ts';

/** [WF1] Whoever starts with the parameters and takes every update after them holds what is published, step for step. */
export function checkUpdates(job: Job): Checker {
  const codec = updateCodec(job.updates, shapeOf(job));
  let held: Float32Array;

  return (seen) => {
    if (seen.type === 'started') held = seen.from.params.slice();
    if (seen.type !== 'told') return;
    for (const effect of seen.effects) {
      if (effect.type !== 'publish') continue;
      const { version, params, update } = effect;
      const vector = update && codec.decode(update.bytes, update.elements);
      demand(vector instanceof Float32Array, 'WF1', () => `no update leads to ${formatVersion(version)}`);
      takeUpdate(held, (vector as Float32Array).subarray(0, held.length));
      const isThere = sameBytes(held, params) && update!.fingerprint === fingerprint(params);
      demand(isThere, 'WF1', () => `the update to ${formatVersion(version)} leads elsewhere`);
    }
  };
}
