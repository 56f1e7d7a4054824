/**
 * Which backend would run here. The order is webgpu → webgl → wasm → cpu, fastest first, and whatever is passed over
 * comes with one sentence that a person can read: "slow" without a reason is what makes volunteers leave. Nothing here
 * loads a tensor library, so a page may ask before it joins.
 */

import type { DeviceClass } from '@manyhands/core';
import { EngineError, messageOf } from './engine-error.ts';

/** The engine's name and version as they stand in every `DeviceClass` of this package. */
export const ENGINE_NAME = 'tfjs-4.22.0';

export type BackendName = DeviceClass['backend'];

/** Fastest first. */
export const BACKEND_ORDER: readonly BackendName[] = ['webgpu', 'webgl', 'wasm', 'cpu'];

export interface PassedOver {
  readonly backend: BackendName;
  /** One sentence for a person. */
  readonly why: string;
}

export interface BackendChoice {
  readonly device: DeviceClass;
  /** True where a processor plays the graphics adapter (SwiftShader, llvmpipe, the cpu backend). */
  readonly software: boolean;
  /** The faster backends that were not taken, in order. */
  readonly passedOver: readonly PassedOver[];
}

/** The answer to one probe: this backend exists here, or why not. */
export type Probe =
  | { readonly usable: true; readonly device: DeviceClass; readonly software: boolean }
  | { readonly usable: false; readonly why: string };

/** What is looked at in the surroundings; a worker's or page's `globalThis` by default. */
export interface Surroundings {
  readonly isSecureContext?: boolean;
  readonly navigator?: { readonly gpu?: Pick<GPU, 'requestAdapter'>; readonly userAgent?: string };
  readonly OffscreenCanvas?: new (width: number, height: number) => Pick<OffscreenCanvas, 'getContext'>;
  readonly WebAssembly?: Pick<typeof WebAssembly, 'validate'>;
}

/**
 * Says what would run here, without opening a model. A model may still need another one: wasm, for instance, cannot
 * train convolutions. With `backend` only that one is considered, and an `EngineError` says why it cannot be used.
 */
export async function chooseBackend(
  options: { readonly backend?: BackendName } = {},
  surroundings: Surroundings = globalThis as Surroundings,
): Promise<BackendChoice> {
  const passedOver: PassedOver[] = [];
  for (const backend of options.backend === undefined ? BACKEND_ORDER : [options.backend]) {
    const probe = await probeBackend(backend, surroundings);
    if (probe.usable) return { device: probe.device, software: probe.software, passedOver };
    passedOver.push({ backend, why: probe.why });
  }
  throw new EngineError('backend', passedOver.map(({ why }) => why).join(' '));
}

/** Looks for one backend. Never throws: whatever goes wrong is a reason. */
export async function probeBackend(
  backend: BackendName,
  surroundings: Surroundings = globalThis as Surroundings,
): Promise<Probe> {
  switch (backend) {
    case 'webgpu':
      return probeWebGpu(surroundings);
    case 'webgl':
      return probeWebGl(surroundings);
    case 'wasm':
      return probeWasm(surroundings);
    case 'cpu':
      return usable('cpu', scriptEngine(surroundings.navigator?.userAgent ?? ''), '', true);
  }
}

/** True for an adapter that a processor plays: fast settings of real devices are slow there. */
export function isSoftwareAdapter(
  info: Pick<GPUAdapterInfo, 'vendor' | 'architecture' | 'description'>,
): boolean {
  return /swiftshader|llvmpipe|lavapipe|basic render/i.test(
    `${info.vendor} ${info.architecture} ${info.description}`,
  );
}

async function probeWebGpu({ isSecureContext, navigator }: Surroundings): Promise<Probe> {
  if (navigator?.gpu === undefined) {
    return passOver(
      isSecureContext === false
        ? 'WebGPU needs https; this page came over plain http.'
        : 'This browser has no WebGPU.',
    );
  }
  try {
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter === null) return passOver('WebGPU found no graphics adapter that it may use.');
    const { info } = adapter;
    return usable('webgpu', info.vendor, info.architecture, isSoftwareAdapter(info));
  } catch (thrown) {
    return passOver(`WebGPU did not start: ${messageOf(thrown)}.`);
  }
}

function probeWebGl({ OffscreenCanvas: Canvas }: Surroundings): Probe {
  if (Canvas === undefined) return passOver('WebGL needs an OffscreenCanvas, which is missing here.');
  const gl = new Canvas(1, 1).getContext('webgl2') as WebGL2RenderingContext | null;
  if (gl === null) return passOver('This browser gave no WebGL 2 context.');
  // Half floats lose small gradients: such a device would slow the others down rather than help.
  const renders32 = gl.getExtension('EXT_color_buffer_float') !== null;
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const vendor = names === null ? '' : String(gl.getParameter(names.UNMASKED_VENDOR_WEBGL));
  const renderer = names === null ? '' : String(gl.getParameter(names.UNMASKED_RENDERER_WEBGL));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return renders32
    ? usable(
        'webgl',
        vendor,
        renderer,
        isSoftwareAdapter({ vendor, architecture: renderer, description: '' }),
      )
    : passOver('WebGL renders no 32-bit floats here, and 16 bits are too few to train with.');
}

function probeWasm({ WebAssembly: wasm }: Surroundings): Probe {
  if (wasm === undefined) return passOver('This browser has no WebAssembly.');
  return usable('wasm', '', wasm.validate(SIMD_MODULE) ? 'simd' : '', true);
}

/** `() => v128.const 0; drop`, the smallest module that only an engine with SIMD accepts. */
const SIMD_MODULE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 23, 1, 21, 0, 253, 12],
  ...new Array<number>(16).fill(0),
  ...[26, 11],
);

/** `Math.exp` and `Math.log` may differ in the last bit between script engines, so the cpu backend names its own. */
function scriptEngine(userAgent: string): string {
  if (/Gecko\/\d|Firefox\//.test(userAgent)) return 'spidermonkey';
  return /AppleWebKit\//.test(userAgent) && !/Chrom(e|ium)\//.test(userAgent) ? 'javascriptcore' : 'v8';
}

function usable(backend: BackendName, vendor: string, architecture: string, software: boolean): Probe {
  return { usable: true, device: { engine: ENGINE_NAME, backend, vendor, architecture }, software };
}

function passOver(why: string): Probe {
  return { usable: false, why };
}
