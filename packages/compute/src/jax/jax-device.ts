/**
 * Where jax-js computes. Its devices are one set a realm and cannot be made anew: a device that is lost is lost for as long as
 * the realm lives, which is why an engine has a worker of its own.
 */

import { defaultDevice, getWebGPUDevice, init, type numpy as np } from '@jax-js/jax';
import { EngineError } from '../engine-error.ts';
import { withErrorScopes } from '../error-scopes.ts';
import { nextTurn } from '../next-turn.ts';

export interface JaxDevice {
  /** Sets about computing an array, of which it takes a reference; resolves when the next may be issued. */
  begin(array: np.Array): Promise<void>;
  verify<T>(run: () => Promise<T>): Promise<T>;
  readonly lost: Promise<string>;
}

/** Makes the backend the one on which this realm computes. */
export async function startJaxDevice(backend: 'webgpu' | 'wasm'): Promise<JaxDevice> {
  const available = await init(backend);
  if (!available.includes(backend)) throw new EngineError('backend', `jax-js did not start on ${backend}.`);
  defaultDevice(backend);
  return backend === 'webgpu' ? webGpuDevice() : WASM_DEVICE;
}

function webGpuDevice(): JaxDevice {
  const gpu = getWebGPUDevice();
  return {
    // To ask for the buffer submits the work, and waits for shaders but not for the device.
    begin: async (array) => void (await array.gpuBuffer()),
    verify: (run) => withErrorScopes(gpu, run),
    lost: gpu.lost.then(({ reason, message }) => message || `WebGPU lost its device (${reason}).`),
  };
}

const WASM_DEVICE: JaxDevice = {
  async begin(array) {
    await array.blockUntilReady();
    array.dispose();
    // The realm hears its messages between two passes.
    await nextTurn();
  },
  verify: (run) => run(),
  lost: new Promise(() => {}),
};
