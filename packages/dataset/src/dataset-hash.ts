/** A dataset's name for its content: two jobs with equal hashes train on and measure with the very same numbers. */

import { createHash } from 'node:crypto';
import { unreachable } from '@manyhands/core';
import type { Dataset, SampleValues, TargetSpec } from './dataset.ts';

/** SHA-256 in hex over the shapes, the classes and the bytes of both sets; not over its name, origin and licence. */
export function datasetHash({ input, target, train, evaluation }: Dataset): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([input.shape, input.dtype, input.scale, partsOf(target)]));
  for (const { count, inputs, targets } of [train, evaluation]) {
    hash.update(JSON.stringify([count, dtypeOf(inputs), dtypeOf(targets)]));
    for (const { buffer, byteOffset, byteLength } of [inputs, targets]) {
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    }
  }
  return hash.digest('hex');
}

function partsOf(target: TargetSpec): readonly unknown[] {
  switch (target.kind) {
    case 'class':
      return [target.kind, target.classes];
    case 'classes':
      return [target.kind, target.shape, target.classes];
    case 'values':
      return [target.kind, target.shape];
    default:
      return unreachable(target);
  }
}

function dtypeOf(values: SampleValues): string {
  return values instanceof Uint8Array ? 'uint8' : 'float32';
}
