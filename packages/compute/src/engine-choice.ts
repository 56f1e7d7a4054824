/**
 * Which engine would run here. An engine is a library on a backend; whatever is passed over on the way to the one that is taken
 * comes with one sentence that a person can read: "slow" without a reason is what makes volunteers leave. Nothing here loads
 * a tensor library, so a page may ask before it joins.
 */

import type { DeviceClass } from '@manyhands/core';
import { messageOf } from './engine-error.ts';
import { type EngineSpeed, fastestFirst, type Setting, speedsBeside } from './engine-speed.ts';

export type BackendName = DeviceClass['backend'];

/** A library and its version, as they stand in a `DeviceClass`. */
const JAX = 'jax-js-0.1.25';
const TFJS = 'tfjs-4.22.0';

export const ENGINES = {
  'jax-webgpu': { library: JAX, backend: 'webgpu' },
  'jax-wasm': { library: JAX, backend: 'wasm' },
  'tfjs-webgpu': { library: TFJS, backend: 'webgpu' },
  'tfjs-webgl': { library: TFJS, backend: 'webgl' },
  'tfjs-wasm': { library: TFJS, backend: 'wasm' },
  'tfjs-cpu': { library: TFJS, backend: 'cpu' },
} as const satisfies Readonly<Record<string, { readonly library: string; readonly backend: BackendName }>>;

export type EngineName = keyof typeof ENGINES;
export const ENGINE_NAMES = Object.keys(ENGINES) as readonly EngineName[];

/** What is tried first, where there is a graphics adapter, and where a processor would only play one (decision 12). */
const ON_AN_ADAPTER: readonly EngineName[] = [
  'jax-webgpu',
  'tfjs-webgpu',
  'tfjs-webgl',
  'jax-wasm',
  'tfjs-wasm',
  'tfjs-cpu',
];
const ON_A_PROCESSOR: readonly EngineName[] = [
  'jax-wasm',
  'tfjs-wasm',
  'tfjs-webgpu',
  'tfjs-webgl',
  'tfjs-cpu',
];

export interface PassedOver {
  readonly engine: EngineName;
  /** One sentence for a person. */
  readonly why: string;
}

export interface EngineChoice {
  readonly device: DeviceClass;
  /** True where a processor plays the graphics adapter (SwiftShader, llvmpipe), or computes by itself. */
  readonly software: boolean;
  /** The engines before it in the order of this device that were not taken. */
  readonly passedOver: readonly PassedOver[];
  /** What speeds are known by (`engine-speed`). */
  readonly adapter: string;
  readonly setting: Setting;
  /** Others that could compute here too, as far as is known without opening them. */
  readonly others: readonly EngineName[];
}

export interface EnginesHere {
  /** In which order they are tried. */
  readonly order: readonly EngineName[];
  /** The graphics adapter's engine, where the processor goes first, and why it does. */
  readonly passedOver: readonly PassedOver[];
  readonly adapter: string;
  readonly setting: Setting;
  /** Those that have what they need. */
  readonly usable: readonly EngineName[];
}

/** The engines of this device, fastest first as far as the speeds say, and where they say nothing, by judgement. */
export async function enginesHere(
  speeds: readonly EngineSpeed[] = [],
  surroundings: Surroundings = globalThis as Surroundings,
): Promise<EnginesHere> {
  const backends = ['webgpu', 'webgl', 'wasm', 'cpu'] as const;
  const [webgpu, webgl, wasm, cpu] = await Promise.all(
    backends.map((backend) => probeBackend(backend, surroundings)),
  );
  const probes = { webgpu: webgpu!, webgl: webgl!, wasm: wasm!, cpu: cpu! };
  const usable = ENGINE_NAMES.filter((name) => probes[ENGINES[name].backend].usable);
  const adapter = nameOf([webgpu!, webgl!].find((probe) => probe.usable) ?? cpu!);
  const known = speedsBeside(adapter, speeds);
  if ([webgpu!, webgl!].some((probe) => probe.usable && !probe.software)) {
    const order = fastestFirst(ON_AN_ADAPTER, 'adapter', known);
    return { order, passedOver: [], adapter, setting: 'adapter', usable };
  }
  const why = webgpu!.usable ? PLAYED : webgpu!.why;
  const passedOver: readonly PassedOver[] = [{ engine: 'jax-webgpu', why }];
  // Measured it may be the fastest after all.
  const candidates = known.has('jax-webgpu') ? [...ON_A_PROCESSOR, 'jax-webgpu' as const] : ON_A_PROCESSOR;
  const order = fastestFirst(candidates, 'processor', known);
  return { order, passedOver, adapter, setting: 'processor', usable };
}

/** As people would call it, and no longer than the protocol takes. */
function nameOf(probe: BackendProbe): string {
  if (!probe.usable) return '';
  const { vendor, architecture } = probe.device;
  return [vendor, architecture]
    .filter((part) => part !== '')
    .join(' ')
    .slice(0, ADAPTER_CHARACTERS_MAX);
}

const ADAPTER_CHARACTERS_MAX = 64;

/** Why a processor computes by itself though there is an adapter. */
export const PLAYED = 'The graphics adapter here is played by the processor.';

/** Looks for what an engine needs. Never throws: whatever goes wrong is a reason. */
export async function probeEngine(
  engine: EngineName,
  surroundings: Surroundings = globalThis as Surroundings,
): Promise<Probe> {
  const { library, backend } = ENGINES[engine];
  const probe = await probeBackend(backend, surroundings);
  return probe.usable ? { ...probe, device: { ...probe.device, engine: library } } : probe;
}

/** The answer to one probe: this engine can be here, or why not. */
export type Probe =
  | { readonly usable: true; readonly device: DeviceClass; readonly software: boolean }
  | { readonly usable: false; readonly why: string };

type BackendProbe =
  | { readonly usable: true; readonly device: Omit<DeviceClass, 'engine'>; readonly software: boolean }
  | { readonly usable: false; readonly why: string };

/** What is looked at in the surroundings; a worker's or page's `globalThis` by default. */
export interface Surroundings {
  readonly isSecureContext?: boolean;
  readonly navigator?: { readonly gpu?: Pick<GPU, 'requestAdapter'>; readonly userAgent?: string };
  readonly OffscreenCanvas?: new (width: number, height: number) => Pick<OffscreenCanvas, 'getContext'>;
  readonly WebAssembly?: Pick<typeof WebAssembly, 'validate'>;
}

async function probeBackend(backend: BackendName, surroundings: Surroundings): Promise<BackendProbe> {
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

async function probeWebGpu({ isSecureContext, navigator }: Surroundings): Promise<BackendProbe> {
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

function probeWebGl({ OffscreenCanvas: Canvas }: Surroundings): BackendProbe {
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

function probeWasm({ WebAssembly: wasm }: Surroundings): BackendProbe {
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

function usable(backend: BackendName, vendor: string, architecture: string, software: boolean): BackendProbe {
  return { usable: true, device: { backend, vendor, architecture }, software };
}

function passOver(why: string): BackendProbe {
  return { usable: false, why };
}
