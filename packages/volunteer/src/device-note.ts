import type { BackendChoice } from '@manyhands/compute';

/** Why a device works as slowly as it does, and what a person can do about it; undefined where it could not be faster. */
export function noteOnDevice(choice: BackendChoice): string | undefined {
  const { device, software, passedOver } = choice;
  const reasons = passedOver.map(({ why }) => why);
  if (software && device.backend === 'webgpu')
    reasons.push('The graphics adapter here is played by the processor.');
  if (reasons.length === 0) return undefined;
  const advice = reasons.some((why) => why.includes('https')) ? ` ${HTTPS_ADVICE}` : '';
  return `This device computes with ${BACKEND_TITLE[device.backend]}. ${reasons.join(' ')}${advice}`;
}

const HTTPS_ADVICE =
  'Open the https address of this server; whoever runs it gets one with --tls-cert and --tls-key, or with a tunnel.';

const BACKEND_TITLE: Readonly<Record<BackendChoice['device']['backend'], string>> = {
  webgpu: 'WebGPU',
  webgl: 'WebGL',
  wasm: 'WebAssembly',
  cpu: 'plain JavaScript',
};
