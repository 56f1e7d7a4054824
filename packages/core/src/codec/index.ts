export type { Codec, CodecName, CodecRefusal } from './codec.ts';
export {
  type CodecSpec,
  checkCodecSpec,
  codecOf,
  contributionCodec,
  encodedBytesMax,
  type LossyCodecSpec,
} from './codec-spec.ts';
export * from './error-feedback.ts';
export { fingerprint } from './fingerprint.ts';
export { allFinite } from './finite.ts';
export { float32Codec } from './float32.ts';
export { encodeKept, type Kept, keptIn, type TopK } from './top-k.ts';
