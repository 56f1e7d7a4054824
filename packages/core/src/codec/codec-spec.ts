/** A codec as data that a job carries: with the length of a vector it decides how many bytes there are and what they mean. */

import { number, oneOf } from '../check.ts';
import type { CodecName } from './codec.ts';
import { float32Codec } from './float32.ts';

export type CodecSpec = Float32Spec | LossyCodecSpec;

interface Float32Spec {
  readonly kind: 'float32';
}

export type LossyCodecSpec =
  | { readonly kind: 'float16' }
  | { readonly kind: 'int8' }
  | ({ readonly kind: 'top-k' } & TopK);

/** Answers in it hold something of earlier ones, and neither their bytes nor their sum depend on their units alone. */
export function isLossy(spec: CodecSpec): spec is LossyCodecSpec {
  return spec.kind !== 'float32';
}

/** Where more than a quarter is kept `int8` is shorter, and loses less. */
const KEPT_MAX = 1_024;

export interface TopK {
  /** Elements that are kept of every 4,096: 1 … 1,024. */
  readonly kept: number;
  /** Of each kept value: exact at 32, rounded at fewer. */
  readonly bits: ValueBits;
}

export const VALUE_BITS = [2, 3, 4, 5, 6, 7, 8, 32] as const;
type ValueBits = (typeof VALUE_BITS)[number];

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
