/** A codec as data that a job carries: with the length of a vector it decides how many bytes there are and what they mean. */

import { assert, unreachable } from '../assert.ts';
import { number, oneOf } from '../check.ts';
import { type ContributionShape, contributionLength } from '../contribution.ts';
import type { Loops } from '../loops.ts';
import type { Codec, CodecName } from './codec.ts';
import { float16 } from './float16.ts';
import { float32Codec } from './float32.ts';
import { int8 } from './int8.ts';
import { lossyCodec, type Writing, withExactTail } from './lossy.ts';
import { KEPT_MAX, type TopK, topK, VALUE_BITS } from './top-k.ts';

export type CodecSpec = Float32Spec | LossyCodecSpec;

interface Float32Spec {
  readonly kind: 'float32';
}

export type LossyCodecSpec =
  | { readonly kind: 'float16' }
  | { readonly kind: 'int8' }
  | ({ readonly kind: 'top-k' } & TopK);

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

/**
 * No codec of this name makes more bytes of so many elements, nor does `contributionCodec`, whatever else its spec says: a bound for
 * who knows the name only.
 */
export function encodedBytesMax(name: CodecName, elements: number): number {
  // Of a short segment a lossy codec may have a few more than float32.
  return name === 'float32' ? float32Codec.encodedBytes(elements) : elements * 4 + 16;
}

/** What is wrong with a spec, as one sentence, or undefined. Takes any plain data. */
export function checkCodecSpec(spec: unknown): string | undefined {
  return codec(spec, 'codec');
}

const codec = oneOf<CodecSpec>({
  float32: {},
  float16: {},
  int8: {},
  'top-k': {
    kept: number(`whole, from 1 to ${KEPT_MAX}`, (x) => Number.isInteger(x) && x >= 1 && x <= KEPT_MAX),
    bits: number(`one of ${VALUE_BITS.join(', ')}`, (x) => VALUE_BITS.some((bits) => bits === x)),
  },
});

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
