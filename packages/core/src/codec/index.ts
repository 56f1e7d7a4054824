export type { Codec, CodecName, CodecRefusal } from './codec.ts';
export { fingerprint } from './fingerprint.ts';
export { allFinite } from './finite.ts';
export { float32Codec } from './float32.ts';
