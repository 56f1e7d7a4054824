import { type EngineChoice, type EngineName, PLAYED } from '@manyhands/compute';

/** Why a device works as slowly as it does, and what a person can do about it; undefined where it could not be faster. */
export function noteOnDevice(choice: EngineChoice): string | undefined {
  const { device, software, passedOver } = choice;
  const played = software && device.backend === 'webgpu' ? [PLAYED] : [];
  const reasons = [...new Set([...passedOver.map(({ why }) => why), ...played])];
  if (reasons.length === 0) return undefined;
  const advice = reasons.some((why) => why.includes('https')) ? ` ${HTTPS_ADVICE}` : '';
  return `This device computes with ${BACKEND_TITLE[device.backend]}. ${reasons.join(' ')}${advice}`;
}

export function noteOnTrying(engine: EngineName): string {
  return `Trying whether ${ENGINE_TITLE[engine]} is faster here.`;
}

/** What came of it: seconds a sample, or a sentence that says why there are none. */
export function noteOnAudition(
  tried: EngineName,
  outcome: number | string,
  atWork: EngineName,
  secondsAtWork: number,
): string {
  const [one, other] = [ENGINE_TITLE[tried], ENGINE_TITLE[atWork]];
  if (typeof outcome === 'string')
    return `This device stays with ${other}: ${one} was tried and failed. ${outcome}`;
  const times = (ratio: number) => `${ratio < 10 ? ratio.toFixed(1) : Math.round(ratio)} times as`;
  return outcome < secondsAtWork
    ? `This device changed to ${one}, which is ${times(secondsAtWork / outcome)} fast here as ${other}.`
    : `This device stays with ${other}: ${one} was tried and takes ${times(outcome / secondsAtWork)} long here.`;
}

const ENGINE_TITLE: Readonly<Record<EngineName, string>> = {
  'jax-webgpu': 'WebGPU (jax-js)',
  'jax-wasm': 'WebAssembly (jax-js)',
  'tfjs-webgpu': 'WebGPU (TF.js)',
  'tfjs-webgl': 'WebGL (TF.js)',
  'tfjs-wasm': 'WebAssembly (TF.js)',
  'tfjs-cpu': 'plain JavaScript (TF.js)',
};

const HTTPS_ADVICE =
  'Open the https address of this server; whoever runs it gets one with --tls-cert and --tls-key, or with a tunnel.';

const BACKEND_TITLE: Readonly<Record<EngineChoice['device']['backend'], string>> = {
  webgpu: 'WebGPU',
  webgl: 'WebGL',
  wasm: 'WebAssembly',
  cpu: 'plain JavaScript',
};
