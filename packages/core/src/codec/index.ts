export type { Codec, CodecName, CodecRefusal } from './codec.ts';
export {
  type CodecSpec,
  checkCodecSpec,
  codecOf,
  contributionCodec,
  encodedBytesMax,
} from './codec-spec.ts';
export * from './error-feedback.ts';
export { fingerprint } from './fingerprint.ts';
export { allFinite } from './finite.ts';
export { float32Codec } from './float32.ts';
