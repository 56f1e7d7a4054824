/**
 * How fast engines are, before they are measured here. What is known of an adapter are seconds a sample, measured by others
 * or by this browser before; an engine of which nothing is known is placed by a judgement that knows two settings, with an
 * adapter and without, and of engines only how many times slower one is than another. So a judgement needs one measurement
 * to become a number, and is believed for as long as nobody has measured.
 */

import type { EngineName } from './engine-choice.ts';

/** Seconds a sample, of one engine beside one adapter. */
export interface EngineSpeed {
  /** The graphics adapter that a browser has, whether or not the engine uses it; without one, its processor. */
  readonly adapter: string;
  readonly engine: EngineName;
  readonly secondsPerSample: number;
}

/** Who would compute: a graphics adapter, or a processor, alone or in the part of one. */
export type Setting = 'adapter' | 'processor';

/**
 * How many times slower than the first. Beside a processor it is the middle (geometric) of what units of 128 take in a small
 * dense and a small convolutional model on two cores without GPU: jax-wasm 9 and 70 ms, jax-webgpu on SwiftShader 60 and 320,
 * tfjs-cpu 60 and 1,745, tfjs-webgpu on SwiftShader 250 and 1,300; tfjs-wasm trains no convolutions and has the ratio of the
 * dense one, tfjs-webgl was not measured. Beside a real adapter nothing has been measured yet: it is a guess.
 */
const TIMES_SLOWER: Readonly<Record<Setting, Readonly<Record<EngineName, number>>>> = {
  adapter: {
    ...{ 'jax-webgpu': 1, 'tfjs-webgpu': 3, 'tfjs-webgl': 6 },
    ...{ 'jax-wasm': 10, 'tfjs-wasm': 45, 'tfjs-cpu': 130 },
  },
  processor: {
    ...{ 'jax-wasm': 1, 'tfjs-wasm': 4.5, 'jax-webgpu': 5.5 },
    ...{ 'tfjs-cpu': 13, 'tfjs-webgpu': 23, 'tfjs-webgl': 30 },
  },
};

/**
 * Seconds a sample that an engine will need: what is known, or the judgement put to the scale of `measured`, the engine that
 * computes here. Without that the scale is the middle of what is known, of an even number the slower, so that what was measured
 * goes before what was not; where nothing is known, numbers mean only an order.
 */
export function predictSpeed(
  engine: EngineName,
  setting: Setting,
  known: ReadonlyMap<EngineName, number>,
  measured?: { readonly engine: EngineName; readonly secondsPerSample: number },
): number {
  const slower = TIMES_SLOWER[setting];
  const scaleOf = (of: EngineName, secondsPerSample: number) => secondsPerSample / slower[of];
  if (measured !== undefined) {
    if (measured.engine === engine) return measured.secondsPerSample;
    return known.get(engine) ?? slower[engine] * scaleOf(measured.engine, measured.secondsPerSample);
  }
  const scales = [...known].map(([of, seconds]) => scaleOf(of, seconds)).sort((a, b) => a - b);
  return known.get(engine) ?? slower[engine] * (scales[scales.length >> 1] ?? 1);
}

/** Of two speeds of one engine the later counts. */
export function speedsBeside(
  adapter: string,
  speeds: readonly EngineSpeed[],
): ReadonlyMap<EngineName, number> {
  const beside = speeds.filter((speed) => speed.adapter === adapter);
  return new Map(beside.map(({ engine, secondsPerSample }) => [engine, secondsPerSample]));
}

/** The order in which engines are tried: predicted ones by their speed, and without any prediction as they come. */
export function fastestFirst(
  order: readonly EngineName[],
  setting: Setting,
  known: ReadonlyMap<EngineName, number>,
): readonly EngineName[] {
  if (known.size === 0) return order;
  const predicted = (engine: EngineName) => predictSpeed(engine, setting, known);
  return [...order].sort((a, b) => predicted(a) - predicted(b));
}
