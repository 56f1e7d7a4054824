/** One connected browser, as the coordinator knows it. */

declare const volunteerId: unique symbol;
/** A small number, unique within an incarnation; pages turn it into a hue. */
export type VolunteerId = number & { readonly [volunteerId]: never };

/** What a volunteer says of its device: results are byte-identical between devices of one class. */
export interface DeviceClass {
  /** Name and version of the engine, such as `tfjs-4.22.0`. */
  readonly engine: string;
  readonly backend: 'webgpu' | 'webgl' | 'wasm' | 'cpu';
  /** `GPUAdapterInfo.vendor`, or '' where there is no adapter. */
  readonly vendor: string;
  /** `GPUAdapterInfo.architecture`, or ''. */
  readonly architecture: string;
}

/** The pseudonym under which a browser's credit is kept: random, made by the browser, the same in all its visits. */
export type AccountId = string;

export function sameDevice(a: DeviceClass, b: DeviceClass): boolean {
  return (
    a.engine === b.engine &&
    a.backend === b.backend &&
    a.vendor === b.vendor &&
    a.architecture === b.architecture
  );
}

/** The same for devices of one class, and for no others. */
export function classKey({ engine, backend, vendor, architecture }: DeviceClass): string {
  return JSON.stringify([engine, backend, vendor, architecture]);
}
