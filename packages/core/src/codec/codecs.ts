/** The codec that a spec names. Apart from the spec, so that whoever only checks one carries none. */

import { assert, unreachable } from '../assert.ts';
import { type ContributionShape, contributionLength } from '../contribution.ts';
import type { Loops } from '../loops.ts';
import type { Codec } from './codec.ts';
import { type CodecSpec, checkCodecSpec, type LossyCodecSpec } from './codec-spec.ts';
import { float16 } from './float16.ts';
import { float32Codec } from './float32.ts';
import { int8 } from './int8.ts';
import { lossyCodec, type Writing, withExactTail } from './lossy.ts';
import { topK } from './top-k.ts';

export function codecOf(spec: CodecSpec): Codec {
  assertGood(spec);
  return spec.kind === 'float32' ? float32Codec : lossyCodec(spec.kind, writingOf(spec, plainReads));
}

/** For contributions of this shape: the gradient as the spec says, and the sums behind it exactly. */
export function contributionCodec(
  spec: CodecSpec,
  shape: ContributionShape,
  reads: Reads = plainReads,
): Codec {
  return tailedCodec(spec, contributionLength(shape) - shape.params, reads);
}

/** For vectors whose last `exact` elements are no matter of more or less. */
export function tailedCodec(spec: CodecSpec, exact: number, reads: Reads = plainReads): Codec {
  assertGood(spec);
  return spec.kind === 'float32'
    ? float32Codec
    : lossyCodec(spec.kind, withExactTail(writingOf(spec, reads), exact));
}

/** By themselves: a volunteer reads what it wrote, and is not to carry optimizers for that. */
type Reads = Pick<Loops, 'readFloat16' | 'readInt8'>;
const plainReads: Reads = { readFloat16: float16.read, readInt8: int8.read };

function assertGood(spec: CodecSpec): void {
  const wrong = checkCodecSpec(spec);
  assert(wrong === undefined, 'codec', wrong ?? '');
}

function writingOf(spec: LossyCodecSpec, loops: Reads): Writing {
  switch (spec.kind) {
    case 'float16':
      return { ...float16, read: loops.readFloat16 };
    case 'int8':
      return { ...int8, read: loops.readInt8 };
    case 'top-k':
      return topK(spec);
    default:
      return unreachable(spec);
  }
}
