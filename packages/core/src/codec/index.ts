export type { Codec, CodecName, CodecRefusal } from './codec.ts';
export {
  type CodecSpec,
  checkCodecSpec,
  encodedBytesMax,
  isLossy,
  type LossyCodecSpec,
  type TopK,
} from './codec-spec.ts';
export { codecOf, contributionCodec } from './codecs.ts';
export * from './error-feedback.ts';
export { fingerprint } from './fingerprint.ts';
export { allFinite } from './finite.ts';
export { float32Codec } from './float32.ts';
export { encodeKept, type Kept, keptIn } from './top-k.ts';
