/**
 * Where jax-js computes. Its devices are one set a realm and cannot be made anew: a device that is lost is lost for as long as
 * the realm lives, which is why an engine has a worker of its own.
 */

import { defaultDevice, getWebGPUDevice, init, type numpy as np } from '@jax-js/jax';
import type { ContributionShape, Encoded } from '@manyhands/core';
import type { DeviceVector } from '../device-vector.ts';
import type { Encoding } from '../engine.ts';
import { EngineError } from '../engine-error.ts';
import { withErrorScopes } from '../error-scopes.ts';
import type { GradientEncoder } from '../gradient-encoder.ts';
import { nextTurn } from '../next-turn.ts';
import { createSpareBuffers } from '../spare-buffers.ts';

export interface JaxDevice {
  /** Sets about computing an array, of which it takes a reference; resolves when the next may be issued. */
  begin(array: np.Array): Promise<void>;
  verify<T>(run: () => Promise<T>): Promise<T>;
  /** Encodes sums before they are read; undefined where this computes on no GPU. */
  readonly encoder: ((shape: ContributionShape) => JaxEncoder) | undefined;
  readonly lost: Promise<string>;
}

export interface JaxEncoder {
  /** Takes the array over. */
  encode(sum: np.Array, encoding: Encoding): Promise<Encoded<DeviceVector>>;
  dispose(): void;
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
    encoder(shape) {
      const spare = createSpareBuffers(gpu);
      let encoder: Promise<GradientEncoder> | undefined;
      // Who has a job without a codec never downloads it.
      const load = async () =>
        (await import('../gradient-encoder.ts')).createGradientEncoder(gpu, shape, spare);
      return {
        async encode(sum, encoding) {
          try {
            encoder ??= load();
            return await (await encoder).encode(await sum.ref.gpuBuffer(), encoding);
          } finally {
            sum.dispose();
          }
        },
        dispose: () => spare.destroy(),
      };
    },
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
  encoder: undefined,
  lost: new Promise(() => {}),
};
