/** How people are told of a device. Apart from its schema, so that a page that only shows it loads none. */

import type { DeviceClass } from '@manyhands/core';

/** Such as `WebGPU, apple metal-3`. */
export function deviceName({ backend, vendor, architecture }: Omit<DeviceClass, 'engine'>): string {
  const maker = [vendor, architecture].filter((part) => part !== '').join(' ');
  return [BACKEND[backend], maker].filter((part) => part !== '').join(', ');
}

/** Tells every two classes apart, such as `WebGPU, apple metal-3 (tfjs-4.22.0)`. */
export function className(device: DeviceClass): string {
  return `${deviceName(device)} (${device.engine})`;
}

const BACKEND = { webgpu: 'WebGPU', webgl: 'WebGL', wasm: 'WASM', cpu: 'CPU' } as const;
