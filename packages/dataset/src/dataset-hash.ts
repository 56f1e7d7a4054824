/** A dataset's name for its content: two jobs with equal hashes train on and measure with the very same numbers. */

import { createHash } from 'node:crypto';
import type { Dataset, SampleValues } from './dataset.ts';

/** SHA-256 in hex over the shapes, the classes and the bytes of both sets; not over its name, origin and licence. */
export function datasetHash({ input, target, train, evaluation }: Dataset): string {
  const hash = createHash('sha256');
  const targetParts = target.kind === 'class' ? ['class', target.classes] : ['values', target.shape];
  hash.update(JSON.stringify([input.shape, input.dtype, input.scale, targetParts]));
  for (const { count, inputs, targets } of [train, evaluation]) {
    hash.update(JSON.stringify([count, dtypeOf(inputs), dtypeOf(targets)]));
    for (const { buffer, byteOffset, byteLength } of [inputs, targets]) {
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    }
  }
  return hash.digest('hex');
}

function dtypeOf(values: SampleValues): string {
  return values instanceof Uint8Array ? 'uint8' : 'float32';
}
