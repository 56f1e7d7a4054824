/**
 * Dropout (Srivastava et al., 2014) whose mask does not depend on who computes it. An ordinary generator yields the
 * next number of one stream, so a mask would depend on the device and on what was drawn before. Here it is a pure
 * function of (job seed, step, layer, sample, element), a counter-based generator in the manner of Salmon et al.,
 * "Parallel random numbers: as easy as 1, 2, 3" (2011), with the 32-bit finalizer of MurmurHash3 as the mixing
 * function. It is computed here and uploaded, so that every backend sees the same bytes.
 */

/** Where in the training run a mask is drawn. */
export interface MaskPlace {
  readonly seed: number;
  readonly step: number;
  readonly layer: string;
}

/**
 * The mask of a run of samples, `ids.length × elements`: 0 with probability `rate`, else 1 / (1 − rate), so that the
 * expected activation stays what it is at inference. The caller owns it.
 */
export function dropoutMask(
  place: MaskPlace,
  rate: number,
  ids: Uint32Array,
  elements: number,
): Float32Array {
  const mask = new Float32Array(ids.length * elements);
  const scale = Math.fround(1 / (1 - rate));
  const threshold = Math.floor(rate * 2 ** 32);
  const stream = mix(mix(mix(place.seed) + place.step) ^ hashText(place.layer));
  for (let sample = 0; sample < ids.length; sample++) {
    const key = mix(stream + mix(ids[sample]! + GOLDEN));
    const start = sample * elements;
    for (let i = 0; i < elements; i++) {
      if (mix(key + Math.imul(i, GOLDEN)) >>> 0 >= threshold) mask[start + i] = scale;
    }
  }
  return mask;
}

/** 2³² divided by the golden ratio: consecutive counters land far apart. */
const GOLDEN = 0x9e3779b9;

/** `fmix32` of MurmurHash3 (Appleby): a bijection of 32 bits in which each input bit moves half of the output. */
function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function hashText(text: string): number {
  let h = 0;
  for (let i = 0; i < text.length; i++) h = mix(Math.imul(h, 31) + text.charCodeAt(i));
  return h;
}
